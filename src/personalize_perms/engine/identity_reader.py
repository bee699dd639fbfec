"""Asks Identity Center for what a plan needs of it, in each Region that the settings or the ledger name.

Nothing is asked, and no client is built, where neither names any.
"""

from collections.abc import Callable, Collection
from dataclasses import field
from functools import partial

from personalize_perms.aws.account import Account
from personalize_perms.engine.flow import Flow
from personalize_perms.model.identity import Instance, LivePermissionSet, SetPlace
from personalize_perms.model.live import Absent, LiveIdentityCenter, Present, Read
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.values import dataclass


@dataclass(slots=True)
class _Center:
    instance: Read[Instance] = field(default_factory=Absent)
    known: bool = False
    waiting: list[Callable[[Instance], None]] = field(default_factory=list)
    sets: dict[str, Read[LivePermissionSet]] = field(default_factory=dict)
    principals: dict[str, Read[str]] = field(default_factory=dict)


class IdentityReader:
    """The reads of one observation; results are taken up by the thread that runs the flow."""

    def __init__(self, account: Account, flow: Flow) -> None:
        self._account = account
        self._flow = flow
        self._centers: dict[str, _Center] = {}

    def want_set(self, region: str, name: str, accounts: Collection[str] = (), *, whole: bool) -> bool:
        """Read a permission set, and who has it; tell whether that was not asked before."""
        center = self._center(region)
        if name in center.sets:
            return False
        center.sets[name] = Absent()

        def ask(instance: Instance) -> None:
            place = SetPlace(region=region, instance_arn=instance.arn, name=name)
            read = partial(self._account.identity_center.read_permission_set, place, accounts, whole=whole)
            self._flow.start(read, partial(center.sets.__setitem__, name))

        self._with_instance(center, ask)
        return True

    def want_principal(self, region: str, kind: PrincipalKind, name: str) -> None:
        """Read the id of a user or group."""
        center, key = self._center(region), f"{kind}/{name}"
        if key in center.principals:
            return
        center.principals[key] = Absent()

        def ask(instance: Instance) -> None:
            read = partial(self._account.identity_center.read_principal, region, instance.store_id, kind, name)
            self._flow.start(read, partial(center.principals.__setitem__, key))

        self._with_instance(center, ask)

    def live(self) -> dict[str, LiveIdentityCenter]:
        """Return what was read, by Region."""
        return {
            region: LiveIdentityCenter(instance=found.instance, sets=found.sets, principals=found.principals)
            for region, found in self._centers.items()
        }

    def _center(self, region: str) -> _Center:
        center = self._centers.get(region)
        if center is None:
            center = self._centers[region] = _Center()
            self._flow.start(
                partial(self._account.identity_center.read_instance, region), partial(self._instance_read, center)
            )
        return center

    def _instance_read(self, center: _Center, found: Read[Instance]) -> None:
        center.instance, center.known = found, True
        if isinstance(found, Present):
            for ask in center.waiting:
                ask(found.value)

    def _with_instance(self, center: _Center, ask: Callable[[Instance], None]) -> None:
        if not center.known:
            center.waiting.append(ask)
        elif isinstance(center.instance, Present):
            ask(center.instance.value)
