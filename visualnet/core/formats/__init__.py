"""Networks in others' file formats: safetensors and ONNX. ONNX is imported when such a file is asked for."""
