# Configuring and building a preset. Sourced after common.sh.
# shellcheck shell=bash disable=SC2154 # root is of common.sh

# configure PRESET [CMAKE-ARGUMENT...]
configure() {
  local output
  output=$(cd "$root" && cmake --preset "$@" 2>&1) || {
    printf '%s\n' "$output" >&2
    die "configuring the build failed."
  }
}

# build PRESET [TARGET...]: shows progress while there is something to build, and compilers' messages.
build() {
  local preset=$1 folder=$root/build/$1
  shift
  if ! ninja -C "$folder" -j "$(jobs_at_once)" "$@" 2>&1 </dev/null | ninja_progress "Building libactors ($preset)" >&2; then
    die "the build failed."
  fi
  clear_progress
}
