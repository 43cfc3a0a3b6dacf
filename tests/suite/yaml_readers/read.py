"""Reads a JSON list of YAML texts from standard input; prints what PyYAML and ruamel.yaml make of each."""
import datetime
import io
import json
import sys

import ruamel.yaml
import yaml


def told(value):
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, (int, float)):
        return ["number", repr(value)]
    if isinstance(value, str):
        return ["string", value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return ["date"]
    if isinstance(value, dict):
        return ["map", [[told(key), told(item)] for key, item in value.items()]]
    if isinstance(value, (list, tuple)):
        return ["list", [told(item) for item in value]]
    return ["other", type(value).__name__]


def pyyaml(text):
    return yaml.safe_load(text)


def ruamel_yaml(text):
    return ruamel.yaml.YAML(typ="safe", pure=True).load(text)


def read(reader, text):
    try:
        return told(reader(text))
    except Exception as error:
        return ["error", " ".join(str(error).split())[:120]]


texts = json.load(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8"))
json.dump({
    "PyYAML": [read(pyyaml, text) for text in texts],
    "ruamel.yaml": [read(ruamel_yaml, text) for text in texts],
}, sys.stdout)
