#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the pipelines here do beside quorate; in their image it is the command quorate-review.
#   record   brings observation.json, the newest record of the nodes that a job of the default branch has made
#   comment  puts plan.md, or where there is none errors.txt, into the one comment that this makes and from then on changes
# GitHub Actions gives it GH_TOKEN, DEFAULT_BRANCH and PULL_REQUEST, GitLab CI QUORATE_TOKEN.
set -euo pipefail

marker='<!-- quorate plan -->'
most=60000 # GitHub takes 65,536 characters

die() { echo "quorate-review: $*" >&2; exit 1; }
no_record() { die "there is no record of the nodes yet: let the job that makes one run ($*), then this one again"; }

# Below the marker.
text() {
    [ ! -s observation.json ] ||
        echo "From the record of the nodes of $(date -u -d "@$(jq -r .takenAtSeconds observation.json)" '+%Y-%m-%d %H:%M UTC')."
    echo
    if [ -s plan.md ]; then
        cat plan.md
    else
        printf '**There is no plan of this change.**\n\n'
        # what is indented nothing in it can end
        [ ! -s errors.txt ] || sed 's/^/    /' errors.txt
    fi
}

write_comment() {
    text >whole.md
    echo "$marker"
    if [ "$(wc -c <whole.md)" -gt "$most" ]; then
        printf '**Cut, since it is too long for a comment: plan.md in the artifact "plan" has all of it.**\n\n'
    fi
    LC_ALL=C awk -v most="$most" '(size += length($0) + 1) > most { exit } { print }' whole.md
}

github_record() {
    local run
    # a pull request's own run may have made one of that name, a fork's on a branch of that name
    run=$(gh api "repos/$GITHUB_REPOSITORY/actions/artifacts?name=observation&per_page=100" | jq -r --arg branch "$DEFAULT_BRANCH" '
        [.artifacts[] | select(.expired | not) | select(.workflow_run |
            .head_branch == $branch and .head_repository_id == .repository_id)] | max_by(.created_at).workflow_run.id // empty')
    [ -n "$run" ] || no_record 'record, by "Run workflow"'
    gh run download "$run" --repo "$GITHUB_REPOSITORY" --name observation
}

github_comment() {
    local comments="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" own request
    own=$(gh api --paginate "$comments?per_page=100" | jq -rs --arg marker "$marker" '
        [.[][] | select(.user.login == "github-actions[bot]" and (.body | startswith($marker))).id][0] // empty')
    request=(--method POST "$comments")
    [ -z "$own" ] || request=(--method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$own")
    if ! gh api "${request[@]}" --field body=@comment.md >/dev/null; then
        cat comment.md >>"$GITHUB_STEP_SUMMARY"
        echo '::warning title=quorate::no comment could be made (that of a fork may only read); the summary of this job has it'
    fi
}

# A header of this kind, unlike GitLab's own, curl does not take along to where artifacts are stored.
gitlab() {
    curl --fail --silent --show-error --location --globoff --header @<(echo "Authorization: Bearer $QUORATE_TOKEN") \
        "${@:2}" "$CI_API_V4_URL/$1"
}

gitlab_record() {
    local project="projects/$CI_PROJECT_ID" pipelines pipeline job=
    # a merge request may have a job of that name; and a schedule's pipeline fails where there is drift, with a good record
    pipelines=$(gitlab "$project/pipelines?source=schedule&ref=$CI_DEFAULT_BRANCH&per_page=50" | jq '.[].id')
    for pipeline in $pipelines; do
        job=$(gitlab "$project/pipelines/$pipeline/jobs?scope[]=success&per_page=100" | jq -r '
            [.[] | select(.name == "quorate:record" and .artifacts_file).id][0] // empty')
        [ -z "$job" ] || break
    done
    [ -n "$job" ] || no_record 'quorate:record, by "Run pipeline schedule"'
    gitlab "$project/jobs/$job/artifacts/observation.json" --output observation.json
}

gitlab_comment() {
    local notes="projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes" myself page found own=
    myself=$(gitlab user | jq .id)
    for ((page = 1; ; ++page)); do
        found=$(gitlab "$notes?per_page=100&page=$page")
        own=$(jq -r --arg marker "$marker" --argjson myself "$myself" '
            [.[] | select(.author.id == $myself and (.body | startswith($marker))).id][0] // empty' <<<"$found")
        if [ -n "$own" ] || [ "$found" = '[]' ]; then break; fi
    done
    if [ -n "$own" ]; then
        gitlab "$notes/$own" --request PUT --data-urlencode body@comment.md >/dev/null
    else
        gitlab "$notes" --request POST --data-urlencode body@comment.md >/dev/null
    fi
}

place=github
if [ -z "${GITHUB_ACTIONS:-}" ]; then
    place=gitlab
    [ -n "${QUORATE_TOKEN:-}" ] || die 'QUORATE_TOKEN is empty: it has to be an access token of this project (a fork has none)'
fi
case ${1:-} in
    record) "${place}_record";;
    comment) write_comment >comment.md; "${place}_comment";;
    *) die 'record or comment?';;
esac
