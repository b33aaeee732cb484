"""Stethos listener: from a physics-based generator to a packaged INT8 ONNX model."""
