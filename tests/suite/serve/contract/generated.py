"""A client that openapi-python-client makes of the server's own description reads, waits and writes.

Arguments: the server's address, a token, and a folder for the client.
"""

import json
import pathlib
import subprocess
import sys
import threading

import httpx

address, token, folder = sys.argv[1:]
folder = pathlib.Path(folder)
description = httpx.get(f"{address}/api/v1/openapi.json").raise_for_status().json()
# The generator asks whether a body is a `list[…]`, which Python cannot say, so that nothing else could be sent.
patch = description["paths"]["/api/v1/environments/{environment}/items/{key}"]["patch"]
del patch["requestBody"]["content"]["application/json-patch+json"]
(folder / "openapi.json").write_text(json.dumps(description))
# It knows no YAML; what it does not know is sent as bytes.
(folder / "generator.yaml").write_text(
    "content_type_overrides: {application/yaml: application/octet-stream}\npost_hooks: []\n"
)
made = subprocess.run(
    [sys.executable, "-m", "openapi_python_client", "generate", "--path", folder / "openapi.json", "--config",
     folder / "generator.yaml", "--output-path", folder / "terrace_client", "--meta", "none", "--fail-on-warning"],
    capture_output=True, text=True,
)
assert made.returncode == 0 and "WARNING" not in made.stdout, made.stdout + made.stderr

sys.path.insert(0, str(folder))
from terrace_client import AuthenticatedClient
from terrace_client import models
from terrace_client.api.default import (
    blame, delete_item, diff, environment, environments, export, findings, history, item, items, patch_item,
    promotion, put_item, status,
)

client = AuthenticatedClient(base_url=address, token=token)
STAGING, PRODUCTION = "staging", "production"


def whole(answer, status=200):
    """What the client read of an answer."""
    assert answer.status_code == status, answer
    assert answer.parsed is not None, answer
    return answer.parsed


def read(key="payments", **more):
    return item.sync_detailed(environment=STAGING, key=key, client=client, **more)


# It reads: whole items, single values, lists, and everything else that an environment says.
payments = read()
etag = payments.headers["etag"]
assert whole(payments).value["timeout"] == "8s", payments
assert whole(payments).environment == STAGING and whole(payments).version == 1
assert whole(read("billing/invoices")).value["rate"] == 20
assert whole(read(path="servers[name=web].port")).value == 81
assert [it.key for it in whole(items.sync_detailed(STAGING, client=client)).items] == [
    "billing/invoices", "payments", "several",
]
assert [it.environment for it in whole(environments.sync_detailed(client=client)).environments] == [
    "development", STAGING, PRODUCTION,
]
assert whole(environment.sync_detailed(STAGING, client=client)).items == 3
assert whole(history.sync_detailed(STAGING, "payments", client=client)).commits
assert whole(blame.sync_detailed(STAGING, "payments", client=client)).paths
assert whole(findings.sync_detailed(STAGING, client=client)).findings is not None
assert whole(status.sync_detailed(PRODUCTION, client=client)).hops
assert whole(diff.sync_detailed(STAGING, client=client, against=models.DiffAgainst.PRODUCTION)).items
assert whole(promotion.sync_detailed(PRODUCTION, client=client, key=["payments"])).hops[0].items[0].resolutions
text = export.sync_detailed(STAGING, "billing/invoices", client=client, format_=models.ExportFormat.FLAT_JSON)
assert json.loads(text.content)["rate"] == "20", text

# A refusal is a problem with its name.
absent = read("nothing")
assert whole(absent, 404).type_ == "urn:terrace:problem:item-not-found", absent

# It waits: nothing changed is 304, and a change is told when it comes.
assert read(if_none_match=etag, prefer="wait=1").status_code == 304
told = []
waiting = threading.Thread(target=lambda: told.append(read(if_none_match=etag, prefer="wait=50")))
waiting.start()
body = models.PatchItemBody.from_dict({"timeout": "9s"})
written = patch_item.sync_detailed(STAGING, "payments", client=client, body=body, if_match=etag)
waiting.join(60)
assert whole(told[0]).value["timeout"] == "9s" and whole(written).commit, (told, written)

# It writes: what was read guards what is written.
late = patch_item.sync_detailed(STAGING, "payments", client=client, body=body, if_match=etag)
assert whole(late, 412).type_ == "urn:terrace:problem:precondition-failed", late
assert late.parsed.changed[0].path == "timeout", late
plans = models.PutItem.from_dict({"value": {"free": 1}})
made = put_item.sync_detailed(
    STAGING, "billing/plans", client=client, body=plans, if_none_match="*", terrace_message="make plans",
)
tag = whole(made, 201).items[0].etag
assert whole(read("billing/plans")).value == {"free": 1}
wrong = models.PutItem.from_dict({"value": {"rate": "much"}})
invoices = read("billing/invoices").headers["etag"]
refused = put_item.sync_detailed(STAGING, "billing/invoices", client=client, body=wrong, if_match=invoices)
assert whole(refused, 422).findings[0].rule == "schema", refused
gone = delete_item.sync_detailed(STAGING, "billing/plans", client=client, if_match=tag)
assert gone.status_code == 204 and read("billing/plans").status_code == 404
print("read, waited and wrote")
