"""Model files: declared weights, pinned user models, importing, and the formats ONNX, TFLite and state dicts."""
