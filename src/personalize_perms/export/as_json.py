"""The set-up as plain data, for an engine that this program does not know."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from personalize_perms.export import remarks
from personalize_perms.export.parcel import Export, Parcel, Part, title

FORMAT: Final = 1
"""Raised when something in it changes its meaning; additions do not."""


def export(parcel: Parcel) -> Export:
    """Return everything that is wanted, with whole documents where they are known and our statements always."""
    desired, place = parcel.desired, parcel.desired.place
    content = {
        "about": f"{remarks.MADE_BY} json.",
        "format": FORMAT,
        "name": desired.name,
        "account": place.account,
        "region": place.region,
        "partition": place.partition,
        "role_arn": desired.service_role_arn,
        "resources": [_entry(part) for part in parcel.parts],
        "left_out": [{"resource": title(one.resource), "reason": one.why} for one in parcel.left_out],
    }
    text = json.dumps(content, indent=2).replace("\x7f", "\\u007f")
    return Export(files={f"{desired.name}.json": f"{text}\n"}, left_out=parcel.left_out)


def _entry(part: Part) -> Mapping[str, Any]:
    """Return one resource: its kind, its own values, and the document that it has afterwards."""
    values = {name: value for name, value in asdict(part.resource).items() if name != "statements"}
    statements = [dict(one) for one in getattr(part.resource, "statements", ())]
    kind = title(part.resource).partition(" ")[0]
    entry = {"kind": kind, **values, **({"statements": statements} if statements else {})}
    if part.document is not None:
        entry["document"] = dict(part.document)
        entry["statements_of_others"] = part.foreign
    return entry
