# Where this machine gets Debian from, as its own apt configuration says, in whichever format that is. Sourced after
# common.sh.
# shellcheck shell=bash

# configured_suites: lines of suite, component and site.
configured_suites() {
  # shellcheck disable=SC2016 # for apt-get to expand
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' 2>/dev/null
}

# Sets `mirror` to the site of Debian's main archive.
find_mirror() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  mirror=$(configured_suites |
    awk -v name="$codename" '$2 == "main" && ($1 == name || $1 ~ /^(stable|oldstable|testing|unstable|sid)$/) \
      && $3 !~ /security/ && !found { print $3; found = 1 }')
  [ -n "$mirror" ] || die "the apt configuration of this machine names no mirror of Debian's main archive."
}
