"""Legacy MATLAB models to PyTorch, ONNX and safetensors: importers to `pybn.graph`, exporters, and the proof."""
