"""Runs signatures of SavedModels in TensorFlow for Python.

Reads a JSON list of {model, signature, examples: [base64]} and writes a JSON list of the outputs by name:
{dtype, shape, data: base64 of the row-major little-endian bytes}, or {strings: [base64]}.
"""
import base64
import json
import sys

import tensorflow as tf


def encode(tensor):
    array = tensor.numpy()
    if tensor.dtype == tf.string:
        return {"strings": [base64.b64encode(value).decode() for value in array.ravel()]}
    return {"dtype": tensor.dtype.name, "shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def run(request):
    model = tf.saved_model.load(request["model"])
    examples = tf.constant([base64.b64decode(example) for example in request["examples"]], tf.string)
    outputs = model.signatures[request["signature"]](examples=examples)
    return {name: encode(tensor) for name, tensor in outputs.items()}


with open(sys.argv[1]) as requests, open(sys.argv[2], "w") as answers:
    json.dump([run(request) for request in json.load(requests)], answers)
