"""A remedy is something that the one who reads it can do."""

from personalize_perms.doctor import contexts
from personalize_perms.doctor.chain import IdentityTexts, PolicyText, chain
from personalize_perms.doctor.judging import findings, judge
from personalize_perms.doctor.needs import Need
from personalize_perms.doctor.remedies import Repair
from personalize_perms.model.access import Principal, PrincipalType, Question
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Plan
from personalize_perms.model.examination import Link
from personalize_perms.model.findings import Finding
from personalize_perms.model.live import Live, Present
from personalize_perms.model.settings import Place

PLACE = Place(account="111122223333", region="eu-west-1", partition="aws")
ROLE = "arn:aws:iam::111122223333:role/svc"
AWS_OWN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OPEN = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
SHUT = OPEN.replace("Allow", "Deny")
LISTS = OPEN.replace('"Action": "*"', '"Action": "s3:List*"')
CALLER = Caller(place=PLACE, arn="arn:aws:iam::111122223333:user/ada")
NOTHING = Live(
    caller=CALLER,
    policies={},
    roles={},
    contents={},
    buckets={},
    keys={},
    attached_counts={},
    others={},
    name_clashes={},
    unlisted={},
    attachment_quotas={},
)


def told(identity: IdentityTexts) -> Finding:
    """Return what is found where the role needs to put an object, with these policies of its own."""
    question = Question(
        principal=Principal(type=PrincipalType.ROLE, arn=ROLE, account=PLACE.account),
        action="s3:PutObject",
        resource="arn:aws:s3:::acme-results/x",
        resource_account=PLACE.account,
        context=contexts.of_person(PLACE, mfa=False),
    )
    need = Need(link=Link.ROLE_POLICY, who=ROLE, where="acme-results", question=question)
    links = chain(NOTHING, PLACE, {ROLE: identity}, {})
    plan = Plan(name="x", caller=CALLER, role_arn=ROLE, changes=(), documents=())
    repair = Repair(plan=plan, command="personalize-perms apply", service_role_arn=ROLE)
    (found,) = findings(judge([need], links), links, repair)
    return found


def policies(*, boundary: str = "", **texts: str) -> IdentityTexts:
    return IdentityTexts(
        policies=tuple(PolicyText(name=name, text=Present(text)) for name, text in texts.items()),
        boundary=PolicyText(name=AWS_OWN, text=Present(boundary)) if boundary else None,
    )


def test_nobody_is_asked_to_change_a_boundary_that_is_awss_own() -> None:
    found = told(policies(all=OPEN, boundary=LISTS))
    assert found.check == "boundary"
    assert found.remedy.startswith(f"nobody can change the permissions boundary {AWS_OWN}")


def test_nobody_is_asked_to_change_a_deny_that_is_awss_own() -> None:
    found = told(policies(all=OPEN, **{AWS_OWN: SHUT}))
    assert found.remedy == f"nobody can change {AWS_OWN}: take it off, or set another in its place"
    assert found.statement is None
