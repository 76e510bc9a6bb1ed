#!/bin/sh
# Index the sample corpus, ask one question of each kind, and verify an answer. BIN and INDEX come from the Makefile.
set -eu
biocite="$BIN/biocite"

run() {
    printf '\n\033[1m$ biocite %s\033[0m\n' "$(printf '%s' "$*" | cut -c1-160)"
    "$biocite" "$@"
}

rm -rf "$INDEX"
run index corpora/sample --into "$INDEX"
while read -r question; do
    run ask "$question" --index "$INDEX"
done <<'QUESTIONS'
Which gene is mutated in cystic fibrosis?
What reverses dabigatran in a patient with a brain haemorrhage?
Which vaccines protect against malaria?
Can long-term metformin lead to a lack of vitamin B12?
How does hepcidin regulate iron?
Does tranexamic acid reduce deaths from postpartum haemorrhage?
QUESTIONS
printf '\n\033[1m$ biocite ask ... --json > answer.json && biocite verify answer.json\033[0m\n'
"$biocite" ask "Which gene is mutated in cystic fibrosis?" --index "$INDEX" --json > "$INDEX/answer.json"
"$biocite" verify "$INDEX/answer.json" --index "$INDEX"
