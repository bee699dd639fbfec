"""The settings to look with: those of the set-up stay, and what the complaints name is added beside them."""

import pytest

from personalize_perms.diagnose import read
from personalize_perms.diagnose.answers import Answers, answers
from personalize_perms.model.names import S3Location
from personalize_perms.model.settings import Settings, UserAccess, Workflow

ROLE = "arn:aws:iam::123456789012:role/ml/theirs"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SESSION = "arn:aws:sts::123456789012:assumed-role/theirs/x"
REFUSED = "insufficient privileges for accessing data in S3"
SET_UP = Settings(inputs=(S3Location.parse("s3://acme-data/in"),))


def alone(text: str, **settings: object) -> Answers:
    given = frozenset(settings)
    return answers(Settings(**settings), given, read(text).complaints, is_set_up=False)  # type: ignore[arg-type]


def beside(text: str, settings: Settings = SET_UP) -> Answers:
    return answers(settings, frozenset(), read(text).complaints, is_set_up=True)


def said(action: str, on: str, who: str = SESSION) -> str:
    return f"User: {who} is not authorized to perform: {action} on resource: {on}"


@pytest.mark.parametrize(
    ("text", "workflows", "inputs", "outputs"),
    [
        (f"import job: {REFUSED}: s3://acme-data/x", ["import"], ["s3://acme-data/x"], []),
        (said("s3:PutObject", "arn:aws:s3:::acme-out/x"), ["export"], [], ["s3://acme-out"]),
        (said("s3:GetObject", "arn:aws:s3:::acme-data/x"), ["import"], ["s3://acme-data"], []),
        (
            f"batch inference job: {REFUSED}: s3://acme-a/x output s3://acme-b/y/",
            ["batch"],
            ["s3://acme-a/x"],
            ["s3://acme-b/y/"],
        ),
        (said("kms:Decrypt", KEY), ["encrypted-dataset-group"], [], []),
        (said("personalize:CreateDatasetGroup", "*"), ["metrics-cloudwatch"], [], []),
    ],
)
def test_without_a_set_up_the_text_says_what_it_is_about(
    text: str, workflows: list[str], inputs: list[str], outputs: list[str]
) -> None:
    found = alone(text).settings
    assert [*found.workflows] == workflows
    assert ([str(one) for one in found.inputs], [str(one) for one in found.outputs]) == (inputs, outputs)
    assert found.user_access is UserAccess.NONE


def test_without_a_set_up_the_role_is_the_one_that_was_used() -> None:
    assert str(alone(f"The role {ROLE} cannot be assumed").settings.role_arn) == ROLE
    assert str(alone(said("s3:GetObject", "*")).settings.role_arn) == "arn:aws:iam::123456789012:role/theirs"
    own = alone("The role arn:aws:iam::123456789012:role/ml/personalize-service-role cannot be assumed").settings
    assert (own.role_arn, own.role_path) == (None, "/ml/")
    assert alone(f"The role {ROLE}:odd! cannot be assumed").settings.role_arn is None
    assert alone(f"The role {ROLE} cannot be assumed", role_name="mine").settings.role_arn is None


def test_the_settings_of_a_set_up_stay() -> None:
    found = beside(f"The role {ROLE} cannot be assumed")
    assert found.settings == SET_UP
    (finding,) = found.findings
    assert (finding.check, finding.resource) == ("other-role", ROLE)


@pytest.mark.parametrize(
    ("place", "is_new"),
    [
        ("s3://acme-data/in", False),
        ("s3://acme-data/in/x.csv", False),
        ("s3://acme-data/input/x", True),
        ("s3://acme-b", True),
    ],
)
def test_only_what_is_not_granted_yet_is_added(place: str, *, is_new: bool) -> None:
    found = beside(f"import job: {REFUSED}: {place}")
    assert (len(found.settings.inputs) == 2) == is_new
    assert bool(found.added) == is_new


def test_what_people_may_do_adds_nothing_and_is_asked() -> None:
    found = beside(
        "An error occurred (AccessDeniedException) when calling the CreateDatasetExportJob operation: "
        + said("personalize:CreateDatasetExportJob", "*", "arn:aws:iam::123456789012:user/team/ada")
    )
    assert (found.settings, found.added) == (SET_UP, ())
    assert [(one.kind, one.name, one.action) for one in found.asked] == [
        ("user", "ada", "personalize:CreateDatasetExportJob")
    ]


def test_an_encrypted_group_takes_part_only_with_a_key() -> None:
    encrypted = Workflow.ENCRYPTED_DATASET_GROUP
    calling = (
        "An error occurred (X) when calling the CreateDatasetGroup operation: insufficient privileges for accessing"
    )
    assert encrypted not in beside(f"{calling} data in S3 s3://acme-data/in").settings.workflows
    assert encrypted in beside(f"{calling} data in S3 {KEY}").settings.workflows
