# shellcheck shell=sh
# merge FILE: put our statements into the document that is stored; $merged says whether that changes it.
merge() {
  merged=$(documents merge "$work/live" "$1" "$prefix" "$partition" "$work/new")
}

# ours KIND WHAT: end the script unless this set-up made the role or policy in $work/answer and $work/live.
ours() {
  whose=$(documents owner "$1" "$work/live" "$prefix" "$setup" "$2" Tags)
  [ "$whose" = ours ] || fail "$3 exists and was not made by the set-up $setup: choose another name and export again"
}

# managed_policy NAME ARN DOCUMENT ABOUT
managed_policy() {
  if look NoSuchEntity iam get-policy --policy-arn "$2"; then
    cp "$work/answer" "$work/there"
    policy_document "$2"
    ours "$work/there" Policy "the policy $2"
    merge "$3"
    if [ "$merged" != same ]; then
      # AWS keeps five versions; to delete one is for whoever knows what it is for.
      call iam create-policy-version --policy-arn "$2" --policy-document "file://$work/new" --set-as-default
      verify policy_document "$2"
      say "~ managed-policy $2"
    fi
    tagged=$(documents tags "$work/there" "$4" "$work/tags" Policy Tags)
    if [ "$tagged" != same ]; then
      call iam tag-policy --policy-arn "$2" --tags "file://$work/tags"
      say "~ policy-tags $2"
    fi
    [ "$merged$tagged" != samesame ] || say "= managed-policy $2"
    return 0
  fi
  patiently iam create-policy --cli-input-json "file://$4" --policy-document "file://$3"
  call iam wait policy-exists --policy-arn "$2"
  cp "$3" "$work/new"
  verify policy_document "$2"
  say "+ managed-policy $2"
}

# role NAME ARN TRUST ABOUT
role() {
  if look NoSuchEntity iam get-role --role-name "$1"; then
    cp "$work/answer" "$work/there"
    found=$(documents field "$work/there" Role Arn)
    [ "$found" = "$2" ] || fail "the role is $found, not $2: choose another name and export again"
    documents document "$work/there" "$work/live" Role AssumeRolePolicyDocument
    ours "$work/there" Role "the role $2"
    trust "$1" "$2" "$3"
    role_details "$1" "$2" "$4"
    return 0
  fi
  patiently iam create-role --cli-input-json "file://$4" --assume-role-policy-document "file://$3"
  fresh=yes
  call iam wait role-exists --role-name "$1"
  cp "$3" "$work/new"
  verify trust_document "$1"
  say "+ role $2"
}

# role_details NAME ARN ABOUT: description, boundary and tags of a role that is there, in $work/there.
role_details() {
  described=$(documents description "$work/there" "$3" "$work/request")
  if [ "$described" != same ]; then
    call iam update-role-description --cli-input-json "file://$work/request"
    say "~ role-description $2"
  fi
  wanted=$(documents field "$3" PermissionsBoundary)
  found=$(documents field "$work/there" Role PermissionsBoundary PermissionsBoundaryArn)
  if [ -n "$wanted" ] && [ "$wanted" != "$found" ]; then
    call iam put-role-permissions-boundary --role-name "$1" --permissions-boundary "$wanted"
    say "~ permissions-boundary $2"
  fi
  tagged=$(documents tags "$work/there" "$3" "$work/tags" Role Tags)
  if [ "$tagged" != same ]; then
    call iam tag-role --role-name "$1" --tags "file://$work/tags"
    say "~ role-tags $2"
  fi
}

# trust NAME ARN STATEMENTS: our statements into the trust policy in $work/live.
trust() {
  merge "$3"
  if [ "$merged" = same ]; then
    say "= trust-policy $2"
    return 0
  fi
  patiently iam update-assume-role-policy --role-name "$1" --policy-document "file://$work/new"
  verify trust_document "$1"
  say "~ trust-policy $2"
}

# adopted_role NAME ARN STATEMENTS
adopted_role() {
  trust_document "$1"
  found=$(documents field "$work/answer" Role Arn)
  [ "$found" = "$2" ] || fail "the role is $found, not $2"
  trust "$1" "$2" "$3"
}

# attachment KIND NAME ARN
attachment() {
  call iam "list-attached-$1-policies" "--$1-name" "$2"
  if documents listed "$work/answer" AttachedPolicies PolicyArn | grep -Fqx "$3"; then
    say "= attachment $3 -> $1/$2"
    return 0
  fi
  patiently iam "attach-$1-policy" "--$1-name" "$2" --policy-arn "$3"
  call iam "list-attached-$1-policies" "--$1-name" "$2"
  documents listed "$work/answer" AttachedPolicies PolicyArn | grep -Fqx "$3" || fail "$3 is not attached to $2"
  say "+ attachment $3 -> $1/$2"
}

# bucket_policy BUCKET STATEMENTS
bucket_policy() {
  bucket_document "$1"
  merge "$2"
  if [ "$merged" = same ]; then
    say "= bucket-policy $1"
    return 0
  fi
  patiently s3api put-bucket-policy --bucket "$1" --policy "file://$work/new" --expected-bucket-owner "$account"
  verify bucket_document "$1"
  say "~ bucket-policy $1: statements of others that stay as they are: $(documents foreign "$work/live" "$prefix")"
}

# key_policy ARN STATEMENTS
key_policy() {
  key_document "$1"
  merge "$2"
  if [ "$merged" = same ]; then
    say "= key-policy $1"
    return 0
  fi
  patiently kms put-key-policy --key-id "$1" --policy-name default --policy "file://$work/new" \
    --region "$(key_region "$1")"
  verify key_document "$1"
  say "~ key-policy $1: statements of others that stay as they are: $(documents foreign "$work/live" "$prefix")"
}

# grant KEY NAME GRANTEE OPERATIONS...: the name makes a repeated call the same grant.
grant() {
  key=$1 name=$2 grantee=$3
  shift 3
  call kms list-grants --key-id "$key" --region "$(key_region "$key")"
  if documents grants "$work/answer" "$prefix" | grep -Fq " $name $grantee"; then
    say "= grant $key $name"
    return 0
  fi
  patiently kms create-grant --key-id "$key" --name "$name" --grantee-principal "$grantee" --operations "$@" \
    --region "$(key_region "$key")"
  say "+ grant $key $name"
}
