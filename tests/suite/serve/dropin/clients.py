"""Drives the clients for Python against the server at the address given, and prints what they read."""

import json
import sys

from config.spring import ConfigClient
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider

address = sys.argv[1]


def spring(label):
    client = ConfigClient(
        address=f"{address}/spring", app_name="payments", profile="production", label=label, fail_fast=False
    )
    client.get_config()
    return client.config


told = {"spring": spring("main")}
try:
    told["spring_unknown_label"] = spring("master") and "read"
except BaseException:
    told["spring_unknown_label"] = "refused"

api.set_provider(OFREPProvider(f"{address}/staging"))
client = api.get_client()


def brief(details):
    return [details.value, details.reason, details.error_code]


told["flags"] = {
    "number": brief(client.get_integer_details("billing/invoices:rate", 7)),
    "text": brief(client.get_string_details("payments:timeout", "d")),
    "nothing": brief(client.get_string_details("billing/invoices:none", "d")),
    "absent": brief(client.get_integer_details("payments:none", 7)),
}
print(json.dumps(told))
