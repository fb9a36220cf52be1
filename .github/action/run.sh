#!/usr/bin/env bash
# The step of action.yml: runs the package, or the image, and writes the outputs. Its exit code is the verb's. Runs with the bash 3.2
# of macOS as well. Variables: RESETLAB_RUN, _EXPECT, _JUNIT, _RUNS, _VERSION, _IMAGE, _ACTION (see action.yml), and the runner's own.
set -euo pipefail

fail() {
  echo "::error title=resetlab::$*"
  echo 'exit-code=2' >>"$GITHUB_OUTPUT"
  exit 2
}
# Of a text that is not ours, in one line and no command of the runner's.
shown() { printf '%s' "$1" | tr '\n\r' '  '; }

# xargs knows quotes and backslashes, and neither expands nor runs anything.
words=()
split=$(mktemp)
printf '%s\n' "$RESETLAB_RUN" | xargs printf '%s\0' >"$split" 2>/dev/null ||
  fail "run: $(shown "$RESETLAB_RUN"): a quote is not closed; allowed: a verb and its flags"
while IFS= read -r -d '' word; do words+=("$word"); done <"$split"
rm -f "$split"
verb=${words[0]:-}
[ -n "$verb" ] || fail 'run: it is empty; allowed: a verb and its flags'

# Before the user's own words, of which those after -- are for the load generator.
flags=()
case $verb in
run | threshold | climb | sweep | compare | diagnose) flags+=(--runs "$RESETLAB_RUNS") ;;
esac
while IFS= read -r condition; do
  condition=$(printf '%s' "$condition" | tr -d '\r' | sed 's/^[[:space:]]*//; s/[[:space:]]*$//')
  [ -z "$condition" ] || flags+=(--expect "$condition")
done <<<"$RESETLAB_EXPECT"
[ -z "$RESETLAB_JUNIT" ] || flags+=(--junit "$RESETLAB_JUNIT")

if [ -n "$RESETLAB_IMAGE" ]; then
  # Every path is the same inside and outside, and what is written belongs to the runner. Ubuntu's profile for containers would keep
  # it from looking at processes outside of containers.
  command=(docker run --rm --network host --pid host --user "$(id -u):$(id -g)" --security-opt apparmor=unconfined
    -v "$PWD:$PWD" -w "$PWD" -e GITHUB_ACTIONS -e GITHUB_STEP_SUMMARY)
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || command+=(-v "$GITHUB_STEP_SUMMARY:$GITHUB_STEP_SUMMARY")
  command+=("$RESETLAB_IMAGE")
else
  version=$RESETLAB_VERSION
  [ -n "$version" ] || version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$RESETLAB_ACTION/package.json")
  case $version in
  */*) package=$version ;;
  *) package=resetlab@$version ;;
  esac
  command=(npx --yes --package "$package" resetlab)
fi

latest() { readlink "$RESETLAB_RUNS/latest" 2>/dev/null || true; }
before=$(latest)
code=0
"${command[@]}" "$verb" ${flags[@]+"${flags[@]}"} ${words[@]+"${words[@]:1}"} || code=$?
after=$(latest)

{
  echo "exit-code=$code"
  if [ -n "$after" ] && [ "$after" != "$before" ]; then
    folder=$(cd "$RESETLAB_RUNS/$after" && pwd)
    echo "folder=$folder"
    [ ! -f "$folder/report.html" ] || echo "report=$folder/report.html"
    node "$RESETLAB_ACTION/.github/action/outputs.mjs" "$folder" || true
  fi
} >>"$GITHUB_OUTPUT"
exit "$code"
