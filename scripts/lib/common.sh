# What the scripts share: places, messages, progress. Sourced by bash; the caller has `set -euo pipefail`.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
script=${0##*/}
if [ -z "${ACTORS_CACHE_DIR:-}" ]; then
  ACTORS_CACHE_DIR=${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/libactors
fi
case $ACTORS_CACHE_DIR in /*) ;; *) ACTORS_CACHE_DIR=$PWD/$ACTORS_CACHE_DIR ;; esac
export ACTORS_CACHE_DIR

[ -t 2 ] && terminal=1 || terminal=0
progress_shown=0
progress_last=

# say TEXT: a line for the user, on stderr so that stdout belongs to the program that is run.
say() {
  clear_progress
  printf '%s\n' "$*" >&2
}

# die TEXT: one sentence, and the end.
die() {
  clear_progress
  printf 'scripts/%s: %s\n' "$script" "$*" >&2
  exit 1
}

# progress PERCENT TEXT [DETAIL]: one line that is overwritten on a terminal, a plain line every ten percent elsewhere.
progress() {
  if [ "$terminal" = 1 ]; then
    printf '\r\033[K[%3d%%] %s' "$1" "$2${3:+ ($3)}" >&2
    progress_shown=1
  else
    local step="$2 $(($1 / 10))"
    if [ "$step" != "$progress_last" ]; then
      printf '[%3d%%] %s\n' "$1" "$2" >&2
      progress_last=$step
    fi
  fi
}

clear_progress() {
  if [ "$progress_shown" = 1 ]; then
    printf '\r\033[K' >&2
    progress_shown=0
  fi
}

# ninja_progress TEXT: reads ninja's output, shows how far it is, and copies messages of compilers to stdout.
ninja_progress() {
  local line
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
      progress $((100 * BASH_REMATCH[1] / BASH_REMATCH[2])) "$1" "${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
    elif [[ $line != ninja:\ * && $line != --\ * ]]; then
      printf '%s\n' "$line"
    fi
  done
}

# How many compilers at once: one a processor, but each takes about a gigabyte.
jobs_at_once() {
  local cpus memory
  cpus=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1200000) }' /proc/meminfo 2>/dev/null || echo "$cpus")
  [ "${memory:-1}" -ge 1 ] || memory=1
  [ "$cpus" -le "$memory" ] && echo "$cpus" || echo "$memory"
}

# elapsed SECONDS: 3 min 05 s
elapsed() {
  if [ "$1" -lt 60 ]; then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# usage: the comment at the head of the calling script.
usage() {
  sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
}
