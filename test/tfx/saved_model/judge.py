"""Runs signatures of SavedModels in TensorFlow for Python.

Each line of the input is a JSON list of {model, signature, examples: [base64]}; each line of the output the JSON list of
their outputs by name: {dtype, data: base64 of the row-major little-endian bytes}, or {strings: [base64]}.
"""
import base64
import json
import sys

import tensorflow as tf


def encode(tensor):
    array = tensor.numpy()
    if tensor.dtype == tf.string:
        return {"strings": [base64.b64encode(value).decode() for value in array.ravel()]}
    return {"dtype": tensor.dtype.name, "data": base64.b64encode(array.tobytes()).decode()}


def run(request):
    model = tf.saved_model.load(request["model"])
    examples = tf.constant([base64.b64decode(example) for example in request["examples"]], tf.string)
    outputs = model.signatures[request["signature"]](examples=examples)
    return {name: encode(tensor) for name, tensor in outputs.items()}


for line in sys.stdin:
    print(json.dumps([run(request) for request in json.loads(line)]), flush=True)
