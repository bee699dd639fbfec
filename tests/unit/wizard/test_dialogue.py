from collections.abc import Sequence

import pytest
from scripted_prompter import BACK, ENTER, FakeDiscovery, ScriptedPrompter, denied, entries, run

from personalize_perms.aws.discovery import Choice as LiveChoice
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.model.errors import Cancelled
from personalize_perms.model.live import Present
from personalize_perms.model.names import Arn, S3Location
from personalize_perms.model.options import BY_FIELD, OPTIONS
from personalize_perms.model.settings import Hardening, Settings, UserAccess, Workflow
from personalize_perms.steps import STEPS
from personalize_perms.wizard import Dialogue
from personalize_perms.wizard.discovery import Listing
from personalize_perms.wizard.prompter import OPEN, TYPE_IT, UP, Back, Entries, Withdrawn
from personalize_perms.wizard.questions import NEW_ROLE, QUESTIONS

ADA = "arn:aws:iam::123456789012:user/ada"
GRACE = "arn:aws:iam::123456789012:user/grace"
OPEN_ROLE = "arn:aws:iam::123456789012:role/open"
CLOSED = "arn:aws:iam::123456789012:role/closed"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
SAML = "arn:aws:iam::123456789012:saml-provider/corp"
OIDC = "arn:aws:iam::123456789012:oidc-provider/idp.example.com"
TYPE = TYPE_IT.value


def account(**other: Listing) -> FakeDiscovery:
    users = Present((LiveChoice(value=ADA, label="ada"), LiveChoice(value=GRACE, label="grace")))
    roles = Present(
        (LiveChoice(value=CLOSED, label="closed"), LiveChoice(value=OPEN_ROLE, label="open (…)", is_open=True))
    )
    listings: dict[str, Listing] = {
        "buckets": entries("acme-data", "acme-results"),
        "users": users,
        "roles": roles,
        "keys": entries(KEY),
        "groups": entries("team"),
    }
    return FakeDiscovery(**(listings | other))


def location(text: str) -> S3Location:
    return S3Location.parse(text)


def test_the_common_path_takes_at_most_ten_questions_with_review_and_confirmation() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "in/", ENTER, ENTER, ENTER, (ADA,), ENTER)

    settings = run(Settings(), {}, prompter, account())

    assert settings == Settings(inputs=(location("s3://acme-data/in/"),), assumable_by=(Arn.parse(ADA),))
    assert len(prompter.asked) + 1 <= 10
    assert not prompter.replies


def test_what_was_given_is_not_asked() -> None:
    given = {"workflows": "flag", "inputs": "file", "user_access": "variable", "role_name": "flag"}
    base = Settings(inputs=(location("s3://acme-data"),), role_name="mine")
    prompter = ScriptedPrompter("none", ENTER)

    assert run(base, given, prompter, account()) == base
    assert prompter.asked[0] == "How do people get the policy?"
    assert any("Input locations: s3://acme-data (file)" in line for line in prompter.said)
    assert any("Role name: mine (flag)" in line for line in prompter.said)
    assert any("Service role: a new one (flag)" in line for line in prompter.said)
    assert any("Hardening: documented (default)" in line for line in prompter.said)
    assert any("People get it by: Not yet: only make the policy (you)" in line for line in prompter.said)


def test_where_nothing_is_open_nothing_is_shown() -> None:
    given = dict.fromkeys(("workflows", "inputs", "user_access", "role_arn"), "file")
    base = Settings(inputs=(location("s3://acme-data"),), user_access=UserAccess.NONE, role_arn=Arn.parse(CLOSED))
    prompter = ScriptedPrompter()

    assert run(base, given, prompter, account()) == base
    assert prompter.said == []


def test_output_is_asked_for_only_where_a_workflow_writes() -> None:
    prompter = ScriptedPrompter(("export",), ("acme-results",), "", ENTER, "none", ENTER)

    settings = run(Settings(), {}, prompter, account())

    assert settings.outputs == (location("s3://acme-results"),)
    assert settings.inputs == ()
    assert not any("read from" in text for text in prompter.asked)


def test_a_key_is_asked_for_where_dataset_groups_are_encrypted() -> None:
    prompter = ScriptedPrompter(("import", "encrypted-dataset-group"), ("acme-data",), "", (KEY,), ENTER, "none", ENTER)

    assert run(Settings(), {}, prompter, account()).kms_keys == (KEY,)


def test_esc_returns_to_the_previous_question_and_proposes_what_was_answered() -> None:
    prompter = ScriptedPrompter(
        ENTER, ("acme-data",), "in/", BACK, BACK, ("acme-data", "acme-results"), ENTER, "x/", ENTER, "none", ENTER
    )

    settings = run(Settings(), {}, prompter, account())

    assert settings.inputs == (location("s3://acme-data/in/"), location("s3://acme-results/x/"))


def test_esc_at_the_first_question_stays_there() -> None:
    prompter = ScriptedPrompter(BACK, ENTER, ("acme-data",), "", ENTER, "none", ENTER)

    run(Settings(), {}, prompter, account())

    assert prompter.asked[0] == prompter.asked[1]


def test_esc_in_the_review_returns_to_the_last_question() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", ENTER, "none", BACK, "analyst", "none", ENTER)

    settings = run(Settings(), {}, prompter, account())

    assert settings.user_access is UserAccess.ANALYST
    assert prompter.asked[-5:-1] == [
        "What may people do?",
        "Enter to continue, or the number of an answer to change:",
        "What may people do?",
        "How do people get the policy?",
    ]


def number_of(prompter: ScriptedPrompter, label: str) -> str:
    shown = [line for line in prompter.said if f" {label}: " in line]
    return shown[-1].split(".", 1)[0].strip()


class Editing(ScriptedPrompter):
    """Replies to the review by the name of a line instead of its number."""

    def text(self, text, *, default="", check):
        if "number of an answer" in text and isinstance(self.replies[0], str) and self.replies[0]:
            self.replies[0] = number_of(self, self.replies[0])
        return super().text(text, default=default, check=check)


def test_an_answer_changed_in_the_review_is_asked_again_with_what_depends_on_it() -> None:
    prompter = Editing(
        ENTER, ("acme-data",), "in/", ENTER, ENTER, ENTER, (ADA,), "People get it by", "group", ("team",), ENTER
    )

    settings = run(Settings(), {}, prompter, account())

    assert settings.attach_groups == ("team",)
    assert settings.assumable_by == ()


def test_changed_workflows_open_the_questions_that_they_need() -> None:
    prompter = Editing(
        ENTER, ("acme-data",), "in/", ENTER, ENTER, "none", "Workflows", ("batch",), ("acme-results",), "out/", ENTER
    )

    settings = run(Settings(), {}, prompter, account())

    assert settings.workflows == (Workflow.BATCH,)
    assert settings.inputs == (location("s3://acme-data/in/"),)
    assert settings.outputs == (location("s3://acme-results/out/"),)


def test_esc_while_changing_an_answer_returns_to_the_review_and_changes_nothing() -> None:
    prompter = Editing(ENTER, ("acme-data",), "in/", ENTER, ENTER, "none", "Input locations", BACK, ENTER)

    assert run(Settings(), {}, prompter, account()).inputs == (location("s3://acme-data/in/"),)


def test_locations_changed_in_the_review_lead_through_the_prefixes_again() -> None:
    base = Settings(inputs=(location("s3://acme-data/a/"), location("s3://acme-data/b/")))
    given = {"workflows": "file", "inputs": "file", "user_access": "file", "role_name": "file"}
    prompter = Editing("none", "Input locations", ENTER, ENTER, "c/", ENTER)

    settings = run(base, given, prompter, account())

    assert settings.inputs == (location("s3://acme-data/a/"), location("s3://acme-data/c/"))


def test_settings_that_are_not_asked_can_be_changed_in_the_review() -> None:
    prompter = Editing(
        ENTER, ("acme-data",), "", ENTER, ENTER, "none", "Hardening", "strict", "Name of the set-up", "shop",
        "Tags", "team=a", "", ENTER,
    )  # fmt: skip

    settings = run(Settings(), {}, prompter, account())

    assert (settings.hardening, settings.name, settings.tags) == (Hardening.STRICT, "shop", (("team", "a"),))


def test_no_policy_for_people_takes_back_how_they_would_have_got_it() -> None:
    base = Settings(inputs=(location("s3://acme-data"),), assumable_by=(Arn.parse(ADA),), require_mfa=True)
    given = {"workflows": "file", "inputs": "file", "assumable_by": "file", "require_mfa": "file", "role_name": "file"}
    prompter = ScriptedPrompter("none", ENTER)

    assert run(base, given, prompter, account()) == Settings(inputs=base.inputs, user_access=UserAccess.NONE)


def test_mfa_is_part_of_the_way_that_was_chosen() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", ENTER, ENTER, "users-mfa", (ADA, GRACE), ENTER)

    settings = run(Settings(), {}, prompter, account())

    assert settings.require_mfa
    assert settings.assumable_by == (Arn.parse(ADA), Arn.parse(GRACE))


def test_an_adopted_role_that_is_open_is_explained_and_tightened() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", OPEN_ROLE, ENTER, ENTER, "none", ENTER)

    settings = run(Settings(), {}, prompter, account())

    assert settings.role_arn == Arn.parse(OPEN_ROLE)
    assert settings.tighten_trust
    assert any("without source conditions" in line for line in prompter.said)


def test_an_adopted_role_that_has_conditions_raises_no_question() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", CLOSED, ENTER, "none", ENTER)

    settings = run(Settings(), {}, prompter, account())

    assert settings.role_arn == Arn.parse(CLOSED)
    assert not settings.tighten_trust


def test_an_open_role_given_by_flag_raises_the_question_too() -> None:
    given = {"workflows": "flag", "inputs": "flag", "user_access": "flag", "role_arn": "flag"}
    base = Settings(inputs=(location("s3://acme-data"),), role_arn=Arn.parse(OPEN_ROLE))
    prompter = ScriptedPrompter(False, "none", ENTER)  # noqa: FBT003

    assert not run(base, given, prompter, account()).tighten_trust
    assert "source conditions" in prompter.asked[0]


def test_going_back_to_a_new_role_forgets_the_tightening() -> None:
    prompter = Editing(ENTER, ("acme-data",), "", OPEN_ROLE, ENTER, ENTER, "none", "Service role", NEW_ROLE, ENTER)

    settings = run(Settings(), {}, prompter, account())

    assert settings.role_arn is None
    assert not settings.tighten_trust


def test_adopting_a_role_takes_back_the_name_of_the_new_one() -> None:
    given = {"workflows": "flag", "inputs": "flag", "role_name": "flag", "user_access": "flag"}
    base = Settings(inputs=(location("s3://acme-data"),), role_name="mine")
    prompter = Editing("none", "Service role", CLOSED, ENTER)

    settings = run(base, given, prompter, account())

    assert (settings.role_arn, settings.role_name) == (Arn.parse(CLOSED), "")


def test_renaming_the_new_role_in_the_review_does_not_ask_which_role() -> None:
    given = {"workflows": "flag", "inputs": "flag", "role_name": "flag", "user_access": "flag"}
    base = Settings(inputs=(location("s3://acme-data"),), role_name="mine")
    prompter = Editing("none", "Role name", "yours", ENTER)

    assert run(base, given, prompter, account()).role_name == "yours"


def test_saml_and_oidc_ask_for_their_details() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", ENTER, ENTER, "oidc", OIDC, "client", "repo:acme/x", ENTER)
    settings = run(Settings(), {}, prompter, account())
    assert (str(settings.oidc_provider), settings.oidc_audience, settings.oidc_subject) == (
        OIDC,
        "client",
        "repo:acme/x",
    )

    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", ENTER, ENTER, "saml", "nonsense", SAML, ENTER)
    assert str(run(Settings(), {}, prompter, account()).saml_provider) == SAML
    assert any("'nonsense' is not an ARN" in line for line in prompter.said)


def test_a_missing_part_of_a_given_oidc_provider_is_the_only_one_asked() -> None:
    given = dict.fromkeys(("workflows", "inputs", "role_name", "user_access", "oidc_provider", "oidc_subject"), "flag")
    base = Settings(inputs=(location("s3://acme-data"),), oidc_provider=Arn.parse(OIDC), oidc_subject="me")
    prompter = ScriptedPrompter("client", ENTER)

    assert run(base, given, prompter, account()).oidc_audience == "client"


def test_users_are_attached_by_name() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", ENTER, ENTER, "user", ("ada",), ENTER)

    assert run(Settings(), {}, prompter, account()).attach_users == ("ada",)


def test_what_may_not_be_listed_is_typed_and_the_reason_is_said() -> None:
    closed = account(buckets=denied("s3:ListAllMyBuckets"), users=denied("iam:ListUsers"))
    prompter = ScriptedPrompter(
        ENTER, "acme", "BAD BUCKET", "s3://other-data/x y/", "", "in/", ENTER, ENTER, ENTER, ADA, "", ENTER
    )

    settings = run(Settings(), {}, prompter, closed)

    assert settings.inputs == (location("s3://acme/in/"), location("s3://other-data/x y/"))
    assert settings.assumable_by == (Arn.parse(ADA),)
    assert "Not allowed to list the buckets (s3:ListAllMyBuckets): type it." in prompter.said
    assert any("'BAD BUCKET' is not a bucket name" in line for line in prompter.said)


def test_a_list_that_fails_leads_to_typing_too() -> None:
    class Failing(FakeDiscovery):
        def read_buckets(self) -> Listing:
            raise AwsError(
                Fault.THROTTLED, code="SlowDown", message="later", action="s3:ListAllMyBuckets", resource="*"
            )

    prompter = ScriptedPrompter(ENTER, "acme", "", "", ENTER, "none", ENTER)

    assert run(Settings(), {}, prompter, Failing()).inputs == (location("s3://acme"),)
    assert any("SlowDown" in line for line in prompter.said)


def test_without_an_account_everything_is_typed() -> None:
    prompter = ScriptedPrompter(ENTER, "acme", "", "", TYPE, CLOSED, ENTER, "none", ENTER)

    assert run(Settings(), {}, prompter, None).role_arn == Arn.parse(CLOSED)


def test_something_that_is_not_in_the_list_can_be_typed_beside_it() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data", TYPE), "s3://other/in/", "", "", ENTER, "none", ENTER)

    assert run(Settings(), {}, prompter, account()).inputs == (location("s3://acme-data"), location("s3://other/in/"))


def test_a_prefix_that_would_widen_the_grant_is_refused() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "in/*", "s3://acme-data/in/", "in/", ENTER, "none", ENTER)

    assert run(Settings(), {}, prompter, account()).inputs == (location("s3://acme-data/in/"),)
    assert any("would widen" in line for line in prompter.said)
    assert "write only what comes after the bucket" in prompter.said


def test_each_list_is_read_once() -> None:
    live = account()
    prompter = ScriptedPrompter(
        ("batch",), ("acme-data",), BACK, ENTER, "", ("acme-results",), "", ENTER, "none", ENTER
    )

    run(Settings(), {}, prompter, live)

    assert live.calls == ["buckets", "acme-data/", "acme-results/", "roles"]


def test_foreign_text_is_shown_inert() -> None:
    nasty = Present((LiveChoice(value="acme-data", label="acme\x1b[2J\u202edata"),))
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", ENTER, ENTER, "none", ENTER)

    run(Settings(), {}, prompter, account(buckets=nasty))

    assert prompter.offered["Which buckets does Amazon Personalize read from?"][0] == r"acme\u001b[2J\u202edata"


def test_each_step_is_introduced_once_with_its_link() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), BACK, ENTER, "", ENTER, ENTER, ENTER, (ADA,), ENTER)

    run(Settings(), {}, prompter, account())

    introduced = [step for step in STEPS if step.TITLE in prompter.said]
    assert len(introduced) >= 3
    assert all(prompter.said.count(step.DOCS) == 1 for step in introduced)


def test_every_setting_has_a_question() -> None:
    answered = {question.field for question in QUESTIONS}

    of_other_accounts = {"bucket_owners", "serve_accounts", "serve_org"}
    assert {option.field for option in OPTIONS} - of_other_accounts == answered - {""} | {"require_mfa"}


def test_lists_of_fixed_choices_offer_exactly_what_the_option_takes() -> None:
    for question in QUESTIONS:
        if question.choices and question.field in BY_FIELD and not question.source:
            assert [choice.value for choice in question.choices] == list(BY_FIELD[question.field].choices)


def test_answers_that_contradict_each_other_are_changed_before_going_on() -> None:
    prompter = Editing(
        ENTER, ("acme-data",), "", ENTER, ENTER, ENTER, (ADA,), "Role name", "personalize-users", "", "Role name",
        "other", ENTER,
    )  # fmt: skip

    assert run(Settings(), {}, prompter, account()).role_name == "other"
    assert any(line.startswith("To change: the service role cannot be personalize-users") for line in prompter.said)


def test_going_back_where_no_question_was_before_ends_like_no() -> None:
    assert issubclass(Back, Cancelled)
    assert Back().message == "nothing was changed"


def test_identity_center_is_offered_where_an_instance_is_visible() -> None:
    answers = (ENTER, ("acme-data",), "in/", ENTER, ENTER)
    there = account(identity_centers=entries("arn:aws:sso:::instance/ssoins-1"))
    prompter = ScriptedPrompter(*answers, "identity-center", "people", "analysts", "", "", ENTER)

    settings = run(Settings(), {}, prompter, there)

    assert (settings.permission_set, settings.assign_groups, settings.assign_users) == ("people", ("analysts",), ())
    assert settings.assumable_by == ()


def test_identity_center_is_not_offered_where_none_is_visible() -> None:
    for there in (account(), account(identity_centers=denied("sso:ListInstances"))):
        prompter = ScriptedPrompter(ENTER, ("acme-data",), "in/", ENTER, ENTER, "none", ENTER)
        run(Settings(), {}, prompter, there)
        assert not any("Identity Center" in label for label in prompter.offered["How do people get the policy?"])


def test_a_prefix_is_looked_for_level_by_level_and_typed_where_it_is_not_there() -> None:
    below: dict[str, Listing] = {
        "acme-data/": entries("in/", "old/"),
        "acme-data/in/": entries("in/2026/"),
        "acme-results/": entries("out/"),
    }
    prompter = ScriptedPrompter(
        ENTER, ("acme-data", "acme-results"), f"{OPEN}in/", UP, f"{OPEN}in/", "in/2026/", f"{TYPE}new/", ENTER, "none",
        ENTER,
    )  # fmt: skip

    settings = run(Settings(), {}, prompter, account(**below))

    assert settings.inputs == (location("s3://acme-data/in/2026/"), location("s3://acme-results/new/"))
    assert prompter.offered["s3://acme-data/in/ - Only under which prefix?"][0] == "everything under in/"


def test_a_prefix_that_is_typed_and_would_widen_the_grant_is_asked_for_again() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), f"{TYPE}in/*", "in/", ENTER, "none", ENTER)

    settings = run(Settings(), {}, prompter, account(**{"acme-data/": entries("in/")}))

    assert settings.inputs == (location("s3://acme-data/in/"),)
    assert any("would widen" in line for line in prompter.said)


def test_what_is_in_a_bucket_and_may_not_be_listed_is_typed_and_the_reason_is_said() -> None:
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "in/", ENTER, "none", ENTER)

    run(Settings(), {}, prompter, account(**{"acme-data/": denied("s3:ListBucket")}))

    assert "Not allowed to list what is in s3://acme-data/ (s3:ListBucket): type it." in prompter.said


def test_buckets_keys_and_roles_say_what_is_known_of_them() -> None:
    prompter = ScriptedPrompter(("encrypted-dataset-group", "import"), ("acme-data",), "", (KEY,), ENTER, "none", ENTER)

    run(Settings(), {}, prompter, account())

    assert "about acme-data" in prompter.details["Which buckets does Amazon Personalize read from?"]
    assert "enabled" in prompter.details["Which KMS key encrypts the dataset groups?"]
    assert "has AdministratorAccess" in prompter.details["Which role shall Amazon Personalize use?"]


def test_ctrl_c_says_that_nothing_was_changed() -> None:
    class Leaving(ScriptedPrompter):
        def confirm(self, text: str, *, default: bool) -> bool:
            raise KeyboardInterrupt

    prompter = Leaving(ENTER, ("acme-data",), "", OPEN_ROLE)
    with pytest.raises(Cancelled, match="nothing was changed"):
        run(Settings(), {}, prompter, account())
    assert (prompter.shown, prompter.explain) == (None, None)


def test_what_becomes_known_by_the_way_is_said_before_the_next_question() -> None:
    news = ["", "The account is called acme."]
    prompter = ScriptedPrompter(ENTER, ("acme-data",), "", ENTER, "none", ENTER)

    dialogue = Dialogue(Settings(), {}, prompter)
    dialogue.meet(account(), news=lambda: news.pop(0) if news else "")
    dialogue.lead()

    assert prompter.said.count("The account is called acme.") == 1


def test_the_documents_of_the_answers_so_far_can_be_seen_at_any_question() -> None:
    seen: list[str] = []

    class Looking(ScriptedPrompter):
        def choose(self, text: str, choices: Entries, *, default: str = "", opens: bool = False) -> str:
            assert self.explain
            seen.append(self.explain())
            return super().choose(text, choices, default=default, opens=opens)

    prompter = Looking(ENTER, ("acme-data",), "in/", ENTER, "none", ENTER)
    run(Settings(), {}, prompter, account(), lambda settings: {"inputs": " ".join(map(str, settings.inputs))})

    assert "+ s3://acme-data/in/" in seen[0]


def test_the_first_question_is_asked_before_the_account_is_known_and_only_once() -> None:
    explained: list[str] = []

    class Looking(ScriptedPrompter):
        def choose_many(
            self, text: str, choices: Entries, *, default: Sequence[str] = (), required: bool = True
        ) -> tuple[str, ...]:
            explained.append(self.explain() if self.explain else "")
            return super().choose_many(text, choices, default=default, required=required)

    prompter = Looking(BACK, ("export",), ("acme-results",), "", ENTER, "none", ENTER)
    dialogue = Dialogue(Settings(), {}, prompter)
    assert dialogue.begins_alone
    dialogue.begin(lambda: None)
    assert prompter.asked == ["What will you do with Amazon Personalize?"] * 2
    assert all("AWS has not said yet which account this is" in text for text in explained)
    dialogue.meet(account())

    settings = dialogue.lead()
    assert (settings.workflows, settings.outputs) == ((Workflow.EXPORT,), (location("s3://acme-results"),))
    assert prompter.said.count("Nothing is changed before you confirm the plan. Reply.") == 1


def test_a_question_that_was_taken_away_is_asked_again() -> None:
    class Taken(ScriptedPrompter):
        def choose_many(
            self, text: str, choices: Entries, *, default: Sequence[str] = (), required: bool = True
        ) -> tuple[str, ...]:
            if self.replies[0] == "taken away":
                self.replies.pop(0)
                raise Withdrawn
            return super().choose_many(text, choices, default=default, required=required)

    prompter = Taken("taken away", ENTER, ("acme-data",), "", ENTER, "none", ENTER)
    dialogue = Dialogue(Settings(), {}, prompter)
    with pytest.raises(Withdrawn):
        dialogue.begin(lambda: None)
    dialogue.meet(account())

    assert dialogue.lead().inputs == (location("s3://acme-data"),)


@pytest.mark.parametrize(
    "given", [{"workflows": "flag"}, dict.fromkeys(("workflows", "inputs", "user_access"), "flag")]
)
def test_a_question_about_the_account_waits_for_it(given: dict[str, str]) -> None:
    assert not Dialogue(Settings(), given, ScriptedPrompter()).begins_alone
