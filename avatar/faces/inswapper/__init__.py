"""Inswapper (InsightFace): a face of footage made into another person's, 128 pixels wide."""
