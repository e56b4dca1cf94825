#!/usr/bin/env bash
# Drives scripts/setup with stand-ins for the programs that need network, rights or time.
#
# usage: setup_test.sh CASE
set -euo pipefail

setup=$(cd "$(dirname "$0")/../.." && pwd)/scripts/setup
folder=$(mktemp -d "${TMPDIR:-/tmp}/setup-test-XXXXXX")
trap 'rm -rf "$folder"' EXIT
export ACTORS_CACHE_DIR=$folder/cache
export CALLS=$folder/calls
export PRESENT=$folder/present
export PATH=$folder/bin:$PATH
unset ACTORS_CAF_TARBALL
mkdir "$folder/bin"
touch "$CALLS"

# ---- stand-ins -------------------------------------------------------------------------------------------------------

# stand_in NAME: the program that comes on standard input; it notes its call.
stand_in() {
  { printf '#!/bin/bash\nprintf "%%s\\n" "%s $*" >>"$CALLS"\n' "$1"; cat; } >"$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}

# All packages are installed unless PRESENT, a file with their names, exists.
stand_in dpkg-query <<'EOF'
for name in "${@:4}"; do
  if [ ! -e "$PRESENT" ] || grep -q -x "$name" "$PRESENT"; then echo "ii $name"; fi
done
EOF

stand_in dpkg <<'EOF'
[ "$1" != --print-architecture ] || echo amd64
EOF

stand_in apt-get <<'EOF'
case " $* " in
  *" indextargets "*)
    echo "bookworm-security main http://mirror.test/debian-security"
    echo "bookworm main http://mirror.test/debian"
    echo "stable main http://other.test/thing" ;;
  *" download "*) touch "$(sed 's/=.*//' <<<"${@: -1}")_1_amd64.deb" ;;
  *" source "*) touch actor-framework_0.18.7.orig.tar.gz ;;
  *" --simulate "*) ;;
  *" install "*) shift; printf '%s\n' "$@" >>"$PRESENT" ;;
esac
EOF

# The checksum that scripts/setup wants, for every file.
stand_in sha256sum <<'EOF'
case " $* " in
  *--check*) exit 1 ;;
  *libllhttp-dev*) sum=c018069b22f5d53ac630bdc360d6c8bc7df78626cfb22276cbfb280aa64ac4b6 ;;
  *libllhttp9.2*) sum=4c74284cb0f781f5f3a6ee909984df9521f1075fa18ab4ee14b91a6c7a86dfb0 ;;
  *) sum=d5c3abe8fd67a729aab1baeece10367637d903ba335f4c79378bcadfbcd34552 ;;
esac
echo "$sum  $1"
EOF

stand_in dpkg-deb <<'EOF'
mkdir -p "$3/usr/include" && touch "$3/usr/include/llhttp.h"
EOF

stand_in tar </dev/null

stand_in cmake <<'EOF'
case $1 in
  --install) mkdir -p "$(cat "$2/prefix")/lib" && touch "$(cat "$2/prefix")/lib/libcaf_core.a" ;;
  *) mkdir -p "$6" && sed 's/.*-DCMAKE_INSTALL_PREFIX=\([^ ]*\).*/\1/' <<<"$*" >"$6/prefix" ;;
esac
EOF

stand_in ninja <<'EOF'
for i in 1 2 3 4; do echo "[$i/4] Building"; done
EOF

stand_in npm <<'EOF'
[ "$1" = ci ] || exit 1
[ -f "$3/package.json" ] && [ -f "$3/package-lock.json" ] && mkdir "$3/node_modules"
EOF

# ---- checks ----------------------------------------------------------------------------------------------------------

fail() {
  echo "FAILED: $*"
  echo "---- output"; cat "$folder/output" 2>/dev/null || true
  echo "---- calls"; cat "$CALLS"
  exit 1
}

# run [ARGUMENT...]: runs scripts/setup; its exit code is in `status`, what it says in the file `output`.
run() {
  status=0
  "$setup" "$@" >"$folder/output" 2>&1 </dev/null || status=$?
}

# complains REGEX: setup has failed, its last and only complaint fits, and nothing is half-installed.
complains() {
  [ "$status" != 0 ] || fail "it did not fail"
  [ "$(grep -c '^scripts/setup: ' "$folder/output")" = 1 ] || fail "it did not complain in one sentence"
  tail -n 1 "$folder/output" | grep -q -E "^scripts/setup: .*$1" || fail "its complaint does not fit '$1'"
  nothing_half_installed
}

nothing_half_installed() {
  local left
  left=$(find "$ACTORS_CACHE_DIR" -mindepth 1 -maxdepth 1 \
    ! -name setup.lock ! -name setup.log ! -name '*.orig.tar.gz' 2>/dev/null || true)
  for folder_left in $left; do
    [ -f "$folder_left/.recipe" ] || fail "$folder_left is left"
  done
}

installed() {
  local name
  for name in "$@"; do
    [ -f "$ACTORS_CACHE_DIR/$name/.recipe" ] || fail "$name is not installed"
  done
}

count() { grep -c "$1" "$CALLS" || true; }

# ---- cases -----------------------------------------------------------------------------------------------------------

installs_everything_and_is_quick_the_second_time() {
  run --tsan
  [ "$status" = 0 ] || fail "exit code $status"
  installed llhttp-9.2.1 caf-0.18.7-release caf-0.18.7-tsan openapi-tools
  [ -d "$ACTORS_CACHE_DIR/openapi-tools/node_modules" ] || fail "the packages of npm are missing"
  [ -f "$ACTORS_CACHE_DIR/llhttp-9.2.1/include/llhttp.h" ] || fail "llhttp.h is missing"
  [ -f "$ACTORS_CACHE_DIR/caf-0.18.7-release/lib/libcaf_core.a" ] || fail "libcaf_core.a is missing"
  nothing_half_installed

  local start=$EPOCHREALTIME took
  : >"$CALLS"
  run --tsan --quiet
  took=$(awk "BEGIN { print $EPOCHREALTIME - $start }")
  [ "$status" = 0 ] || fail "exit code $status the second time"
  [ ! -s "$folder/output" ] || fail "it has something to say the second time"
  [ "$(count '^apt-get\|^cmake')" = 0 ] || fail "it did something the second time"
  awk "BEGIN { exit !($took < 3) }" || fail "the second time took $took s"
}

builds_again_when_the_recipe_has_changed() {
  run
  echo "CAF of another recipe" >"$ACTORS_CACHE_DIR/caf-0.18.7-release/.recipe"
  touch "$ACTORS_CACHE_DIR/caf-0.18.7-release/old"
  run
  [ "$status" = 0 ] || fail "exit code $status"
  installed caf-0.18.7-release
  [ ! -e "$ACTORS_CACHE_DIR/caf-0.18.7-release/old" ] || fail "the old folder is still there"
  [ "$(count '^ninja')" = 2 ] || fail "it did not build again"
  nothing_half_installed
}

installs_missing_debian_packages_through_sudo() {
  touch "$PRESENT"
  stand_in id <<<'echo 1000'
  # Runs nothing but apt-get: what concerns the system's folders is only noted.
  stand_in sudo <<'EOF'
while [ $# -gt 0 ]; do
  case $1 in
    apt-get) exec "$@" ;;
    env | [A-Z]*=*) shift ;;
    tee) cat >/dev/null; exit ;;
    *) exit 0 ;;
  esac
done
EOF
  run --run
  [ "$status" = 0 ] || fail "exit code $status"
  grep -q '^apt-get .* install --yes --no-install-recommends clang-19 ' "$CALLS" || fail "clang-19 was not installed"
  ! grep -q '^apt-get .*nginx' "$CALLS" || fail "--run installed what only tests need"
}

leaves_the_machines_apt_configuration_alone() {
  run
  [ "$status" = 0 ] || fail "exit code $status"
  local call
  while IFS= read -r call; do
    case $call in
      *"Dir::Etc::SourceList=$ACTORS_CACHE_DIR"*"Dir::State::Lists=$ACTORS_CACHE_DIR"*"Dir::Cache=$ACTORS_CACHE_DIR"*) ;;
      *) fail "this would touch the machine's lists: $call" ;;
    esac
  done < <(grep '^apt-get' "$CALLS" | grep -v indextargets)
  [ "$(count '^apt-get .* update')" = 2 ] || fail "it did not read two lists"
}

says_that_the_network_is_missing() {
  stand_in apt-get <<'EOF'
case " $* " in
  *" indextargets "*) echo "bookworm main http://mirror.test/debian" ;;
  *) echo "E: Failed to fetch http://mirror.test/debian/x  Temporary failure resolving 'mirror.test'"; exit 100 ;;
esac
EOF
  run
  complains "mirror cannot be reached .*Temporary failure resolving 'mirror.test'"
}

says_that_the_mirror_lacks_a_package() {
  touch "$PRESENT"
  stand_in id <<<'echo 0'
  stand_in apt-get <<'EOF'
case " $* " in
  *" --simulate "*) echo "E: Unable to locate package clang-19"; exit 100 ;;
esac
EOF
  run --run
  complains "do not carry .*clang-19"
}

says_that_a_checksum_is_wrong() {
  stand_in sha256sum <<<'echo "0123  $1"'
  run
  complains "libllhttp.* has the wrong checksum, 0123 instead of"
  printf 'junk' >"$folder/caf.tar.gz"
  rm "$folder/bin/sha256sum"
  mkdir -p "$ACTORS_CACHE_DIR"
  stand_in sha256sum <<'EOF'
case " $* " in *libllhttp-dev*) echo c018069b22f5d53ac630bdc360d6c8bc7df78626cfb22276cbfb280aa64ac4b6 ;;
  *libllhttp9.2*) echo 4c74284cb0f781f5f3a6ee909984df9521f1075fa18ab4ee14b91a6c7a86dfb0 ;;
  *) exec /usr/bin/sha256sum "$@" ;;
esac
EOF
  ACTORS_CAF_TARBALL=$folder/caf.tar.gz run
  complains "caf.tar.gz has the wrong checksum"
  installed llhttp-9.2.1
}

says_that_the_disk_is_too_full_to_begin() {
  stand_in df <<<'printf "Filesystem 1M-blocks Used Available Use%% Mounted\n/dev/x 100 95 5 95%% /\n"'
  run
  complains "needs [0-9]+ MB, but the disk .* has only 5 MB free"
}

says_that_the_disk_has_filled_up() {
  stand_in ninja <<'EOF'
echo "[1/4] Building"
echo "fatal error: error in backend: IO failure on output stream: No space left on device"
exit 1
EOF
  run
  complains "building the C\+\+ Actor Framework failed: the disk is full"
  [ ! -e "$ACTORS_CACHE_DIR/caf-0.18.7-release" ] || fail "the framework is there nevertheless"
}

says_which_rights_are_missing() {
  touch "$PRESENT"
  stand_in id <<<'echo 1000'
  stand_in sudo <<<'exit 1'
  run
  complains "takes root or sudo: apt-get install clang-19 .* postgresql-doc-15"
}

says_that_the_cache_folder_cannot_be_made() {
  touch "$folder/file"
  ACTORS_CACHE_DIR=$folder/file/cache run
  complains "cannot make the folder $folder/file/cache"
}

leaves_nothing_behind_when_it_is_interrupted() {
  mkfifo "$folder/started"
  export STARTED=$folder/started
  stand_in ninja <<'EOF'
echo $$ >"$STARTED"
exec sleep 1000
EOF
  # A shell starts background programs with Ctrl-C ignored, which is undone here.
  env --default-signal=INT "$setup" >"$folder/output" 2>&1 </dev/null &
  local pid=$! builder
  read -r builder <"$folder/started"
  kill -INT "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" = 130 ] || fail "exit code $status"
  ! kill -0 "$builder" 2>/dev/null || fail "the build still runs"
  installed llhttp-9.2.1
  [ ! -e "$ACTORS_CACHE_DIR/caf-0.18.7-release" ] || fail "the framework is there nevertheless"
  nothing_half_installed
}

lets_a_second_run_wait_for_the_first() {
  mkfifo "$folder/started" "$folder/go"
  export STARTED=$folder/started GO=$folder/go
  stand_in ninja <<'EOF'
echo started >"$STARTED"
read -r _ <"$GO"
EOF
  local first second
  "$setup" >"$folder/output1" 2>&1 </dev/null &
  first=$!
  read -r _ <"$folder/started"
  "$setup" >"$folder/output" 2>&1 </dev/null &
  second=$!
  until grep -q 'Waiting for another scripts/setup' "$folder/output"; do kill -0 "$second" || fail "it did not wait"; done
  echo go >"$folder/go"
  wait "$first" || fail "the first run failed: $(cat "$folder/output1")"
  wait "$second" || fail "the second run failed"
  [ "$(count '^ninja')" = 1 ] || fail "it was built twice"
  installed llhttp-9.2.1 caf-0.18.7-release
}

case ${1:-} in
  [a-z]*_[a-z]*) "$1" ;;
  *) sed -n '2,4p' "$0"; exit 2 ;;
esac
