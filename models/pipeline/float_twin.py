"""An FP32 model of the same topology, rebuilt from the packaged INT8 model alone (for benchmarks on a fresh clone).

Weights are dequantised and stored as float32, every QuantizeLinear / DequantizeLinear pair goes away. An unsigned
pair with zero point 0 also cut off negative values, so the quantiser had dropped the Relu before it: it comes back.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

RECTIFIED = ("Conv", "Add")  # producers whose Relu the quantiser folds into the unsigned range


def float_twin(int8_model: Path, float_model: Path) -> None:
    """Write the FP32 twin of `int8_model` to `float_model`."""
    model = onnx.load(int8_model)
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    producer = {name: node for node in graph.node for name in node.output}
    renamed: dict[str, str] = {}
    nodes, weights = [], []
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            source = renamed.get(node.input[0], node.input[0])
            if needs_relu(node, producer, constants):
                relu = helper.make_node("Relu", [source], [f"{node.output[0]}_relu"], name=f"{node.name}_relu")
                nodes.append(relu)
                source = relu.output[0]
            renamed[node.output[0]] = source
        elif node.op_type == "DequantizeLinear" and node.input[0] in constants:
            weights.append(numpy_helper.from_array(dequantised(node, constants), node.output[0]))
        elif node.op_type == "DequantizeLinear":
            renamed[node.output[0]] = renamed[node.input[0]]
        else:
            node.input[:] = [renamed.get(name, name) for name in node.input]
            nodes.append(node)
    restore_outputs(graph, nodes, renamed)
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in (*graph.initializer, *weights) if tensor.name in used]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    onnx.checker.check_model(model)
    onnx.save(model, float_model)


def needs_relu(node: onnx.NodeProto, producer: dict[str, onnx.NodeProto], constants: dict[str, NDArray]) -> bool:
    """Whether this QuantizeLinear stood in for a Relu."""
    zero = constants[node.input[2]]
    source = producer.get(node.input[0])
    return zero.dtype == np.uint8 and int(zero) == 0 and source is not None and source.op_type in RECTIFIED


def dequantised(node: onnx.NodeProto, constants: dict[str, NDArray]) -> NDArray[np.float32]:
    """(value - zero point) * scale along the node's axis."""
    value, scale = constants[node.input[0]].astype(np.float32), constants[node.input[1]].astype(np.float32)
    zero = constants[node.input[2]].astype(np.float32) if len(node.input) > 2 else np.float32(0)
    axis = next((helper.get_attribute_value(item) for item in node.attribute if item.name == "axis"), 1)
    if scale.ndim == 1 and scale.size > 1:
        shape = [-1 if position == axis else 1 for position in range(value.ndim)]
        scale, zero = scale.reshape(shape), np.reshape(zero, shape)
    return ((value - zero) * scale.reshape(scale.shape if scale.size > 1 else ())).astype(np.float32)


def restore_outputs(graph: onnx.GraphProto, nodes: list[onnx.NodeProto], renamed: dict[str, str]) -> None:
    """A graph output that came out of a DequantizeLinear gets its name back."""
    for output in graph.output:
        if output.name in renamed:
            nodes.append(helper.make_node("Identity", [renamed[output.name]], [output.name], name=f"{output.name}_identity"))
