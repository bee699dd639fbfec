"""What AWS and its SDKs print, row by row of the facts' symptom table, and what only looks like it."""

# ruff: noqa: E501 - a sentence of AWS reads best in one piece

from typing import Final

ADA: Final = "arn:aws:iam::123456789012:user/ada"
SESSION: Final = "arn:aws:sts::123456789012:assumed-role/PersonalizeRole/personalize-session"
ROLE: Final = "arn:aws:iam::123456789012:role/ml/PersonalizeRole"
KEY: Final = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GROUP: Final = "arn:aws:personalize:eu-west-1:123456789012:dataset-group/movies"
ANCHOR: Final = (
    "https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html#attach-bucket-policy"
)
BUCKET_POLICY: Final = (
    f"Insufficient privileges for accessing data in S3. Please look at {ANCHOR} and fix bucket policy on acme-data"
)

# Row of the table in the permission facts -> symptom -> texts.
ROWS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    1: (
        "bucket-policy",
        (
            BUCKET_POLICY,
            f"An error occurred (InvalidInputException) when calling the CreateDatasetImportJob operation: {BUCKET_POLICY}",
            (
                f"botocore.errorfactory.InvalidInputException: An error occurred (InvalidInputException) when calling the "
                f"CreateBatchInferenceJob operation: {BUCKET_POLICY}."
            ),
            f"{BUCKET_POLICY} (Service: AmazonPersonalize; Status Code: 400; Error Code: InvalidInputException)",
            BUCKET_POLICY.upper(),
            "insufficient privileges for accessing\n   data in Amazon S3 ...\nfix the bucket policy on `acme-data`",
            (
                "2026-11-26T10:00:00.123Z [ERROR] Insufficient privileges for accessing data in S3.\n"
                f"2026-11-26T10:00:00.124Z [ERROR] Please look at {ANCHOR}\n"
                "2026-11-26T10:00:00.125Z [ERROR] and fix bucket policy on acme-data"
            ),
            '{"message": "' + BUCKET_POLICY.replace("/", "\\/") + '", "code": 400}',
            f"\x1b[31m{BUCKET_POLICY}\x1b[0m",
        ),
    ),
    2: (
        "s3-access",
        (
            (
                "Failed to create a data import job for INTERACTIONS dataset arn:aws:personalize:eu-west-1:123456789012:"
                "dataset/movies/INTERACTIONS. Insufficient privileges for accessing data in Amazon S3."
            ),
            "Insufficient privileges for accessing data in S3",
            "failureReason: 'Insufficient  privileges for\naccessing data in Amazon S3.'",
            "Insufficient permissions to access your data in Amazon S3",
        ),
    ),
    3: (
        "pass-role",
        (
            f"User: {ADA} is not authorized to perform: iam:PassRole on resource: {ROLE}",
            (
                "An error occurred (AccessDeniedException) when calling the CreateDatasetImportJob operation: User: "
                f"{SESSION} is not authorized to perform: iam:PassRole on resource: {ROLE} because no identity-based policy "
                "allows the iam:PassRole action"
            ),
            f"User: {ADA} is not authorized to perform: IAM:passrole",
            f'"User: {ADA} is not authorized to perform: iam:PassRole on resource: \\"{ROLE}\\""',
            "The user is not authorized to pass the role",
            f"╷\n│ Error: creating it\n│ \n│ User: {ADA} is not\n│ authorized to perform: iam:PassRole on resource:\n│ {ROLE}\n╵",
            f"> > AccessDeniedException: User: {ADA} is not authorized to perform: iam:PassRole on resource: {ROLE}",
        ),
    ),
    4: (
        "user-action",
        (
            (
                f"User: {ADA} is not authorized to perform: personalize:CreateSolution on resource: "
                "arn:aws:personalize:eu-west-1:123456789012:solution/movies because no identity-based policy allows the "
                "personalize:CreateSolution action"
            ),
            (
                f"User: {SESSION} is not authorized to perform: personalize:ListSolutions on resource: * with an explicit "
                "deny in a service control policy"
            ),
            (
                f"User: {ADA} is not authorized to perform: personalize:PutEvents because no permissions boundary allows "
                "the personalize:PutEvents action"
            ),
            (
                f"User: {ADA} is not authorized to perform: personalize:CreateDatasetGroup on resource: {GROUP} with an "
                "explicit deny in a session policy"
            ),
            (
                f"You don't have permission to do this. User: {ADA}\nAction: personalize:ListDatasetGroups\n"
                "On resource(s): *\nContext: no identity-based policy allows the action"
            ),
            f"User: {ADA} Action: personalize:ListSchemas Context: a service control policy explicitly denies the action",
        ),
    ),
    5: (
        "tag-resource",
        (
            (
                "An error occurred (AccessDeniedException) when calling the CreateDatasetGroup operation: User: "
                f"{ADA} is not authorized to perform: personalize:TagResource on resource: {GROUP}"
            ),
        ),
    ),
    6: ("data-location", ("Invalid Data location.", "InvalidInputException: invalid  data\nlocation")),
    7: ("batch-path", ("Invalid S3 input path", "INVALID S3 OUTPUT PATH", "Invalid Amazon S3 input path: s3://x")),
    8: (
        "pending-quota",
        (
            (
                "An error occurred (LimitExceededException) when calling the CreateDatasetImportJob operation: "
                "More than 5 resources with PENDING or IN_PROGRESS status."
            ),
            (
                "More than 5 resources with PENDING or IN_PROGRESS status (Service: AmazonPersonalize; Status Code: 400; "
                "Error Code: LimitExceededException)"
            ),
            "more than 10 resources in pending status",
        ),
    ),
    9: (
        "active-quota",
        ("Cannot create a campaign. More than 5 resources in ACTIVE state. Please delete some and try again.",),
    ),
    10: (
        "data",
        (
            "Input csv is missing the following columns: [ITEM_ID, USER_ID]",
            "Length cannot be more than 256 for the column USER_ID",
            "The dataset has fewer than 25 users with at least two interactions",
            "fewer than 1,000 interactions",
            "Input CSV is missing\nthe following columns: TIMESTAMP",
        ),
    ),
    11: (
        "encrypted-group",
        (
            (
                f"An error occurred (InvalidInputException) when calling the CreateFilter operation: KMS key {KEY} is "
                "disabled"
            ),
            "Filter creation failed: insufficient privileges for the KMS key of the dataset group",
            f"GetRecommendations: {KEY} is pending deletion. (KMSInvalidStateException)",
            "KMSInvalidStateException: the key is not enabled, so creating the filter failed",
        ),
    ),
    12: (
        "export-encrypted-group",
        (
            (
                f"User: {SESSION} is not authorized to perform: kms:GenerateDataKeyWithoutPlaintext on resource: {KEY} "
                "because no resource-based policy allows the kms:GenerateDataKeyWithoutPlaintext action"
            ),
            "Export failed: kms:GenerateDataKeyWithoutPlaintext is missing",
        ),
    ),
    13: (
        "kms-key-arn",
        (
            (
                "1 validation error detected: Value 'alias/data' at 'kmsKeyArn' failed to satisfy constraint: Member must "
                "satisfy regular expression pattern: arn:aws.*:kms:.*:[0-9]{12}:key/.*"
            ),
            "kmsKeyArn and roleArn must be provided together",
            "Invalid kmsKeyArn",
            "roleArn is required when kmsKeyArn is given",
        ),
    ),
    14: (
        "trust",
        (
            f"The role {ROLE} cannot be assumed",
            (
                "An error occurred (InvalidInputException) when calling the CreateDatasetImportJob operation: "
                f"Unable to assume the role {ROLE}"
            ),
            "Personalize is not authorized to assume role",
            (
                "User: personalize.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: "
                f"{ROLE} because no role trust policy allows the sts:AssumeRole action"
            ),
        ),
    ),
    15: (
        "metric-attribution",
        (
            (
                f"User: {SESSION} is not authorized to perform: cloudwatch:PutMetricData because no identity-based policy "
                "allows the cloudwatch:PutMetricData action"
            ),
            "Failed to create metric attribution: insufficient privileges",
            "The role lacks permissions for PutMetricData",
        ),
    ),
    16: (
        "output",
        (
            (
                f'User: {SESSION} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::acme-results/out/x" '
                "because no identity-based policy allows the s3:PutObject action"
            ),
            "Insufficient privileges for writing data to S3",
            "The batch inference job failed to write results to s3://acme-results/out/: Access Denied",
        ),
    ),
    17: (
        "principal-in-role-policy",
        (
            (
                "An error occurred (MalformedPolicyDocument) when calling the PutRolePolicy operation: Policy document "
                "should not specify a principal."
            ),
            "MalformedPolicyDocument: Has prohibited field Principal",
        ),
    ),
    18: (
        "trust-quota",
        (
            (
                "An error occurred (LimitExceeded) when calling the UpdateAssumeRolePolicy operation: Cannot exceed quota "
                "for ACLSizePerRole: 2048"
            ),
        ),
    ),
    19: (
        "dead-principal",
        (
            "An error occurred (MalformedPolicy) when calling the PutBucketPolicy operation: Invalid principal in policy",
            "MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.",
            'MalformedPolicyDocument: Invalid principal in policy: "AWS":"AROAEXAMPLEID"',
        ),
    ),
    20: (
        "key-lockout",
        (
            (
                "An error occurred (MalformedPolicyDocumentException) when calling the PutKeyPolicy operation: The new key "
                "policy will not allow you to update the key policy in the future."
            ),
        ),
    ),
    21: (
        "block-public-access",
        (
            "An error occurred (AccessDenied) when calling the PutBucketPolicy operation: Access Denied",
            (
                f"User: {ADA} is not authorized to perform: s3:PutBucketPolicy on resource: "
                '"arn:aws:s3:::acme-data" because public policies are prevented by the BlockPublicPolicy setting in S3 Block '
                "Public Access."
            ),
        ),
    ),
    22: (
        "bucket-owner",
        (
            (
                "An error occurred (MethodNotAllowed) when calling the GetBucketPolicy operation: The specified method is "
                "not allowed against this resource."
            ),
            "put-bucket-policy: 405 Method Not Allowed: the specified method is not allowed against this resource",
        ),
    ),
    23: (
        "region",
        (
            "PermanentRedirect: The bucket you are attempting to access must be addressed using the specified endpoint.",
            (
                "An error occurred (AuthorizationHeaderMalformed) when calling the ListObjectsV2 operation: The authorization "
                "header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'"
            ),
            "The bucket is in this region: eu-west-1. Please use this region to retry the request",
            "The input bucket must be in the same region as the Amazon Personalize endpoint",
        ),
    ),
    24: (
        "identity-center",
        (
            "Account assignment failed: the customer managed policy personalize-user-access was not found in the account",
            "Policy arn:aws:iam::123456789012:policy/x does not exist or is not attachable: AWSReservedSSO_Data_0123",
            "PermissionSet provisioning failed. IAM policy 'personalize-user-access' does not exist in target account",
        ),
    ),
    25: (
        "data-insights",
        (
            (
                f"User: {ADA} is not authorized to perform: personalize:ListDataInsightsJobs because no identity-based "
                "policy allows the personalize:ListDataInsightsJobs action"
            ),
            f"User: {ADA} is not authorized to perform: personalize:GetDataInsights on resource: *",
        ),
    ),
}

MORE: Final[dict[str, tuple[str, ...]]] = {
    "pass-role-elsewhere": ("ValidationException: Cross-account pass role is not allowed.",),
    "key-access": (
        (
            f"User: {SESSION} is not authorized to perform: kms:Decrypt on resource: {KEY} because the resource does not "
            "exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies "
            "access"
        ),
        f"An error occurred (DisabledException) when calling the Decrypt operation: {KEY} is disabled.",
        "KMS.DisabledException",
        "Unable to access the data: cannot use the KMS key",
    ),
    "people-role": (f"User: {ADA} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",),
    "input": (
        (
            f'User: {SESSION} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme-data/in/x.csv" '
            "because no resource-based policy allows the s3:GetObject action"
        ),
    ),
    "administration": (f"User: {ADA} is not authorized to perform: iam:CreateRole on resource: {ROLE}",),
    "encoded": (
        "You are not authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6X",
    ),
    "denied": (
        "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
    ),
    "credentials": (
        'Unable to locate credentials. You can configure credentials by running "aws configure".',
        (
            "An error occurred (ExpiredTokenException) when calling the ListSchemas operation: The security token included "
            "in the request is expired"
        ),
    ),
    "no-such-region": ('Could not connect to the endpoint URL: "https://personalize.eu-south-1.amazonaws.com/"',),
    "iam-quota": ("LimitExceeded: Cannot exceed quota for PolicySize: 6144",),
    "bucket-or-file": ("NoSuchBucket: The specified bucket does not exist", "No files found at the S3 location"),
    "throttled": ("ThrottlingException: Rate exceeded",),
    "quota": ("An error occurred (LimitExceededException) when calling the CreateSchema operation: no more",),
    "not-found": ("An error occurred (ResourceNotFoundException) when calling the DescribeSolution operation: x",),
    "exists": ("ResourceAlreadyExistsException: Another resource with that name exists",),
    "busy": ("An error occurred (ResourceInUseException) when calling the DeleteSchema operation: in use",),
    "role-arn": (
        "Value 'x' at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn",
    ),
}

NEAR_MISSES: Final[dict[str, tuple[str, ...]]] = {
    "bucket-policy": (
        "Insufficient privileges for accessing data in Redshift. Fix bucket policy on acme-data",
        "Please look at granting-personalize-s3-access.html and fix bucket policy on acme-data",
        "Insufficient privileges for accessing data in Amazon S3",
        "The bucket policy on acme-data was fixed",
    ),
    "s3-access": (
        "Sufficient privileges for accessing data in S3",
        "Insufficient storage in S3",
        "Data in S3 is accessible",
    ),
    "pass-role": (
        f"User: {ADA} is authorized to perform: iam:PassRole on resource: {ROLE}",
        f"User: {ADA} is not authorized to perform: iam:PassRoles on resource: {ROLE}",
        "iam:PassRole succeeded",
        f"User: {ADA} is not authorized to perform: iam:GetRole on resource: {ROLE}",
    ),
    "user-action": (
        f"User: {ADA} is not authorized to perform: personalise:CreateSolution",
        f"User: {ADA} is not authorized to perform: ec2:RunInstances on resource: *",
        "personalize:CreateSolution was called",
    ),
    "tag-resource": (f"User: {ADA} is not authorized to perform: s3:TagResource on resource: *",),
    "data-location": ("The data location is valid", "Invalid date location"),
    "batch-path": ("The S3 input path is invalid for Athena", "Valid S3 input path"),
    "pending-quota": ("More than 5 resources were deleted", "5 resources are PENDING"),
    "active-quota": ("More than 5 resources", "Less than 5 resources in ACTIVE state"),
    "data": ("Input CSV has the following columns", "Length can be 256", "more than 25 users"),
    "encrypted-group": (
        "An error occurred when calling the CreateFilter operation: bad expression",
        "the KMS key is enabled",
    ),
    "export-encrypted-group": (
        f"User: {SESSION} is not authorized to perform: kms:GenerateDataKey on resource: {KEY}",
    ),
    "kms-key-arn": (f"The dataset group uses kmsKeyArn {KEY}", "Invalid roleArn"),
    "trust": ("The role was assumed", "I assume the role of reviewer", "The risk cannot be assumed away"),
    "metric-attribution": ("The metric attribution is ACTIVE", "PutMetricData succeeded"),
    "output": (
        f"User: {SESSION} is not authorized to perform: s3:GetObject on resource: *",
        "Results were written to S3",
    ),
    "principal-in-role-policy": ("Invalid principal in policy", "MalformedPolicyDocument: Syntax errors in policy."),
    "trust-quota": ("Cannot exceed quota for PoliciesPerRole: 10",),
    "dead-principal": ("Valid principal in policy", "The principal investigator left"),
    "key-lockout": ("The new key policy will allow you to update the key policy",),
    "block-public-access": (
        f"User: {ADA} is not authorized to perform: s3:PutBucketTagging on resource: *",
        "An error occurred (AccessDenied) when calling the GetBucketPolicy operation: Access Denied",
        "Block Public Access is on",
    ),
    "bucket-owner": (
        "405 items were imported",
        "An error occurred (MethodNotAllowed) when calling the Foo operation: x",
    ),
    "region": ("The bucket is in eu-west-1", "This Region is the same", "redirect: temporary"),
    "identity-center": ("The bucket policy does not exist", "NoSuchBucketPolicy: The bucket policy does not exist"),
    "data-insights": (f"User: {ADA} is not authorized to perform: personalize:GetSolutionMetrics on resource: *",),
    "credentials": ("The tokens of the text were invalid",),
    "bucket-or-file": ("NoSuchBucketPolicy: The bucket policy does not exist", "NoSuchBucketPolicy"),
    "not-found": ("The source was not found",),
    "denied": ("Access was granted", "AccessPoint denied nothing"),
}
"""Symptom -> texts in which it must not be found."""
