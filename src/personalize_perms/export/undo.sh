# shellcheck shell=sh
left=0

stays() {
  say "! $1 stays: $2"
  left=$((left + 1))
}

# without_ours: take our statements out of the document in $work/live; $merged says what that leaves.
without_ours() {
  merged=$(documents merge "$work/live" '' "$prefix" "$partition" "$work/new")
}

# bucket_policy BUCKET: deleted only if nothing else is in it.
bucket_policy() {
  bucket_document "$1"
  if [ ! -s "$work/live" ]; then
    say "= bucket-policy $1"
    return 0
  fi
  without_ours
  case $merged in
    same) say "= bucket-policy $1" ;;
    empty)
      call s3api delete-bucket-policy --bucket "$1" --expected-bucket-owner "$account"
      settles "that the bucket policy of $1 is gone" has_no_bucket_policy "$1"
      say "- bucket-policy $1"
      ;;
    *)
      call s3api put-bucket-policy --bucket "$1" --policy "file://$work/new" --expected-bucket-owner "$account"
      verify bucket_document "$1"
      say "~ bucket-policy $1: statements of others that stay as they are: $(documents foreign "$work/live" "$prefix")"
      ;;
  esac
}

has_no_bucket_policy() {
  bucket_document "$1"
  [ ! -s "$work/live" ]
}

# key_policy ARN
key_policy() {
  key_document "$1"
  without_ours
  case $merged in
    same) say "= key-policy $1" ;;
    empty) stays "key-policy $1" "without our statements nobody could administer the key" ;;
    *)
      call kms put-key-policy --key-id "$1" --policy-name default --policy "file://$work/new" \
        --region "$(key_region "$1")"
      verify key_document "$1"
      say "~ key-policy $1: statements of others that stay as they are: $(documents foreign "$work/live" "$prefix")"
      ;;
  esac
}

# grant KEY NAME GRANTEE
grant() {
  call kms list-grants --key-id "$1" --region "$(key_region "$1")"
  documents grants "$work/answer" "$prefix" >"$work/grants"
  while read -r id name grantee; do
    if [ "$name $grantee" = "$2 $3" ]; then
      call kms revoke-grant --key-id "$1" --grant-id "$id" --region "$(key_region "$1")"
      say "- grant $1 $name"
    fi
  done <"$work/grants"
}

# attachment KIND NAME ARN
attachment() {
  if is_attached "$1" "$2" "$3"; then
    call iam "detach-$1-policy" "--$1-name" "$2" --policy-arn "$3"
    say "- attachment $3 -> $1/$2"
  fi
}

# managed_policy NAME ARN DOCUMENT ABOUT: deleted only if it is as it was made, and nobody has it.
managed_policy() {
  if ! look NoSuchEntity iam get-policy --policy-arn "$2"; then
    say "= managed-policy $2"
    return 0
  fi
  cp "$work/answer" "$work/there"
  policy_document "$2"
  whose=$(documents owner "$work/there" "$work/live" "$prefix" "$setup" Policy Tags)
  same=$(documents equal "$work/live" "$3" "$partition")
  more=$(documents forgotten "$work/there" "$4" Policy Tags)
  boundary_of=$(documents field "$work/there" Policy PermissionsBoundaryUsageCount)
  call iam list-entities-for-policy --policy-arn "$2"
  has_it=$(documents holders "$work/answer")
  if [ "$whose" != ours ]; then
    stays "managed-policy $2" "it was not made by the set-up $setup"
  elif [ "$same" = different ]; then
    stays "managed-policy $2" "it was changed since; personalize-perms undo knows by whom"
  elif [ -n "$more" ]; then
    stays "managed-policy $2" "the set-up granted more than this script knows ($more): use personalize-perms undo"
  elif [ -n "$has_it" ]; then
    stays "managed-policy $2" "attached to $has_it"
  elif [ "${boundary_of:-0}" != 0 ]; then
    stays "managed-policy $2" "it is a permissions boundary"
  else
    delete_policy "$2"
  fi
}

# delete_policy ARN: its versions first, for AWS wants it so.
delete_policy() {
  call iam list-policy-versions --policy-arn "$1"
  documents spare "$work/answer" >"$work/versions"
  while read -r version; do
    call iam delete-policy-version --policy-arn "$1" --version-id "$version"
  done <"$work/versions"
  call iam delete-policy --policy-arn "$1"
  say "- managed-policy $1"
}

# role NAME ARN: deleted only if nothing of others hangs on it.
role() {
  if ! look NoSuchEntity iam get-role --role-name "$1"; then
    say "= role $2"
    return 0
  fi
  cp "$work/answer" "$work/there"
  documents document "$work/there" "$work/live" Role AssumeRolePolicyDocument
  whose=$(documents owner "$work/there" "$work/live" "$prefix" "$setup" Role Tags)
  found=$(documents field "$work/there" Role Arn)
  others=$(documents foreign "$work/live" "$prefix")
  call iam list-attached-role-policies --role-name "$1"
  hangs=$(documents listed "$work/answer" AttachedPolicies PolicyName)
  call iam list-role-policies --role-name "$1"
  hangs="$hangs$(documents listed "$work/answer" PolicyNames '')"
  call iam list-instance-profiles-for-role --role-name "$1"
  hangs="$hangs$(documents listed "$work/answer" InstanceProfiles InstanceProfileName)"
  if [ "$whose" != ours ] || [ "$found" != "$2" ]; then
    stays "role $2" "it was not made by the set-up $setup"
  elif [ "$others" != 0 ]; then
    stays "role $2" "others are let in by its trust policy"
  elif [ -n "$hangs" ]; then
    stays "role $2" "it has $hangs"
  else
    call iam delete-role --role-name "$1"
    say "- role $2"
  fi
}

# adopted_role NAME ARN: what others trust stays, and so does the role.
adopted_role() {
  if ! look NoSuchEntity iam get-role --role-name "$1"; then
    say "= trust-policy $2"
    return 0
  fi
  documents document "$work/answer" "$work/live" Role AssumeRolePolicyDocument
  without_ours
  case $merged in
    same) say "= trust-policy $2" ;;
    empty) stays "trust-policy $2" "a trust policy cannot be empty" ;;
    *)
      call iam update-assume-role-policy --role-name "$1" --policy-document "file://$work/new"
      verify trust_document "$1"
      say "~ trust-policy $2"
      ;;
  esac
}

finish() {
  [ "$left" = 0 ] || fail "not everything could be taken back: $left left, for the reasons above"
  say "Taken back."
}
