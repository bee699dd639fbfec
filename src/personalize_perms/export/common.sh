# shellcheck shell=sh
# What both scripts begin with. They need only aws and python3, and stop at the first error.
set -eu
umask 077
export AWS_PAGER='' AWS_DEFAULT_OUTPUT=json AWS_CLI_AUTO_PROMPT=off
export AWS_REGION="$region" AWS_DEFAULT_REGION="$region"
pause=${PERSONALIZE_PERMS_PAUSE:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM

say() {
  printf '%s\n' "$*"
}

fail() {
  printf 'Error: %s\n' "$*" >&2
  exit 1
}

for needed in aws python3; do
  command -v "$needed" >"$work/answer" || fail "this script needs $needed"
done

documents() {
  python3 "$work/documents.py" "$@"
}

# look CODE WORDS...: call AWS; "no" if it answers CODE, which means that there is no such thing.
look() {
  absent=$1
  shift
  if aws "$@" >"$work/answer" 2>"$work/error"; then
    return 0
  fi
  grep -q "($absent)" "$work/error" && return 1
  cat "$work/error" >&2
  exit 1
}

# call WORDS...: call AWS; an error ends the script.
call() {
  aws "$@" >"$work/answer"
}

# patiently WORDS...: call AWS, again for two minutes while it does not know yet the role that was made just now.
fresh=no
patiently() {
  tries=0
  until aws "$@" >"$work/answer" 2>"$work/error"; do
    tries=$((tries + 1))
    if [ "$fresh" = no ] || [ "$tries" -ge 24 ] || ! grep -Eiq 'principal|InvalidArn|NoSuchEntity' "$work/error"; then
      cat "$work/error" >&2
      exit 1
    fi
    sleep "$pause"
  done
}

# Each of these writes the document that is stored now to $work/live; an empty file: there is none.
bucket_document() {
  : >"$work/live"
  if look NoSuchBucketPolicy s3api get-bucket-policy --bucket "$1" --expected-bucket-owner "$account"; then
    documents document "$work/answer" "$work/live" Policy
  fi
}

key_document() {
  call kms get-key-policy --key-id "$1" --policy-name default --region "$(key_region "$1")"
  documents document "$work/answer" "$work/live" Policy
}

trust_document() {
  : >"$work/live"
  if there iam get-role --role-name "$1"; then
    documents document "$work/answer" "$work/live" Role AssumeRolePolicyDocument
  fi
}

policy_document() {
  : >"$work/live"
  if there iam get-policy --policy-arn "$1"; then
    version=$(documents field "$work/answer" Policy DefaultVersionId)
    if there iam get-policy-version --policy-arn "$1" --version-id "$version"; then
      documents document "$work/answer" "$work/live" PolicyVersion Document
    fi
  fi
}

# there WORDS...: read what must be there; only what was written just now may be unknown still.
verifying=no
there() {
  if look NoSuchEntity "$@"; then
    return 0
  fi
  [ "$verifying" = yes ] || fail "$* finds nothing"
  return 1
}

key_region() {
  printf '%s\n' "$1" | cut -d: -f4
}

# verify READER NAME: read the document back until it is the one that was written.
verify() {
  verifying=yes
  settles "the document of $2" is_written "$1" "$2"
  verifying=no
}

is_written() {
  "$1" "$2"
  [ -s "$work/live" ] && [ "$(documents equal "$work/live" "$work/new" "$partition")" = same ]
}

# settles WHAT CHECK WORDS...: check for two minutes whether what was written reads back.
settles() {
  what=$1
  shift
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 24 ] || fail "$what was written, but reads back differently: look who else changes it"
    sleep "$pause"
  done
}

# is_attached KIND NAME ARN
is_attached() {
  look NoSuchEntity iam "list-attached-$1-policies" "--$1-name" "$2" || return 1
  documents listed "$work/answer" AttachedPolicies PolicyArn >"$work/listed"
  grep -Fqx "$3" "$work/listed"
}

check_account() {
  call sts get-caller-identity
  found=$(documents field "$work/answer" Account)
  [ "$found" = "$account" ] || fail "this script is for account $account; the credentials are for $found"
  say "Account $account, Region $region, set-up $setup"
}
