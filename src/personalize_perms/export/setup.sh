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
      settles "the tags of $2" policy_is_tagged "$2" "$4"
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

policy_is_tagged() {
  look NoSuchEntity iam get-policy --policy-arn "$1" || return 1
  [ "$(documents tags "$work/answer" "$2" "$work/tags" Policy Tags)" = same ]
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
  if role_is_described "$1" "$3"; then
    return 0
  fi
  if [ "$described" != same ]; then
    call iam update-role-description --cli-input-json "file://$work/request"
  fi
  if [ -n "$boundary" ] && [ "$boundary" != "$found" ]; then
    call iam put-role-permissions-boundary --role-name "$1" --permissions-boundary "$boundary"
  fi
  if [ "$tagged" != same ]; then
    call iam tag-role --role-name "$1" --tags "file://$work/tags"
  fi
  settles "the description, boundary or tags of $2" role_is_described "$1" "$3"
  say "~ role $2: its description, boundary or tags"
}

role_is_described() {
  look NoSuchEntity iam get-role --role-name "$1" || return 1
  described=$(documents description "$work/answer" "$2" "$work/request") || exit 1
  boundary=$(documents field "$2" PermissionsBoundary) || exit 1
  found=$(documents field "$work/answer" Role PermissionsBoundary PermissionsBoundaryArn) || exit 1
  tagged=$(documents tags "$work/answer" "$2" "$work/tags" Role Tags) || exit 1
  [ "$described$tagged" = samesame ] && { [ -z "$boundary" ] || [ "$boundary" = "$found" ]; }
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
  if is_attached "$1" "$2" "$3"; then
    say "= attachment $3 -> $1/$2"
    return 0
  fi
  patiently iam "attach-$1-policy" "--$1-name" "$2" --policy-arn "$3"
  settles "the attachment of $3" is_attached "$1" "$2" "$3"
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
  if is_granted; then
    say "= grant $key $name"
    return 0
  fi
  patiently kms create-grant --key-id "$key" --name "$name" --grantee-principal "$grantee" --operations "$@" \
    --region "$(key_region "$key")"
  settles "the grant $name" is_granted
  say "+ grant $key $name"
}

is_granted() {
  look NotFoundException kms list-grants --key-id "$key" --region "$(key_region "$key")" || fail "there is no key $key"
  documents grants "$work/answer" "$prefix" >"$work/listed"
  cut -d' ' -f2- "$work/listed" | grep -Fqx "$name $grantee"
}
