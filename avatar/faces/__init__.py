"""Pure tools for faces: landmarks, coefficients, warps, mouths."""
