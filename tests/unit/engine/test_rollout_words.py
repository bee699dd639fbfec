"""AWS's own sentences, from its documentation and from what others met, and what this program makes of them."""

import pytest

from personalize_perms.engine.rollout_words import words

SENTENCES = {
    "You must be the management account or delegated admin account of an organization before operating a "
    "SERVICE_MANAGED stack set": "management account",
    "You must be the master or delegated admin account of an organization before operating a SERVICE_MANAGED stack "
    "set": "management account",
    "Account used is not a delegated administrator": "organizations:ListDelegatedAdministrators",
    "You must enable organizations access to operate a service managed stack set": "activate-organizations-access",
    "Account 111122223333 should have 'AWSCloudFormationStackSetAdministrationRole' role with trust relationship to "
    "CloudFormation service.": "--administration-role",
    "Account 444455556666 should have 'AWSCloudFormationStackSetExecutionRole' role with trust relationship to Role "
    "'AWSCloudFormationStackSetAdministrationRole'.": "--execution-role",
    "ResourceLogicalId:PersonalizeServiceRole, ResourceType:AWS::IAM::Role, "
    "ResourceStatusReason:personalize-service-role already exists in stack arn:aws:cloudformation:x": "undo",
    'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:user/nobody" (Service: Iam)': "--assumable-by",
    "The role with name notebook cannot be found. (Service: Iam, Status Code: 404)": "--attach-role",
    "The group with name analysts cannot be found.": "--attach-group",
    "Scope ARN: arn:aws:iam::444455556666:policy/edge does not exist or is not attachable: policy edge was not "
    "found": "--permissions-boundary",
    "StackSet is not empty": "delete-stack-instances",
    "Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409)": "detach",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_of_aws_leads_to_what_to_do(sentence: str) -> None:
    meaning = words(sentence)
    assert meaning
    assert SENTENCES[sentence] in meaning.hint


def test_what_is_not_known_is_not_explained() -> None:
    assert words("Rate exceeded") is None
