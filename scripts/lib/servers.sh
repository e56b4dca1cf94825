# Real servers for the tests: in a temporary folder, on loopback, on free ports. Sourced after common.sh.
# shellcheck shell=bash

servers_folder=
server_pids=()

# start_servers: starts what is there to start and exports the addresses to the tests.
start_servers() {
  servers_folder=$(mktemp -d "${TMPDIR:-/tmp}/libactors-servers-XXXXXX")
  start_nginx
}

# stop_servers: ends what start_servers started; safe to call twice.
stop_servers() {
  local pid
  for pid in "${server_pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${server_pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  server_pids=()
  [ -z "$servers_folder" ] || rm -rf "$servers_folder"
  servers_folder=
}

# A port on which nothing listened a moment ago.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# nginx on ACTORS_TEST_NGINX_URL; / is the folder ACTORS_TEST_NGINX_ROOT, where a test may put files of its own, and
# /postgresql/ the manual of PostgreSQL.
start_nginx() {
  local folder=$servers_folder/nginx port nginx attempt
  nginx=$(command -v nginx || echo /usr/sbin/nginx)
  [ -x "$nginx" ] || die "nginx is missing; scripts/setup installs it."
  mkdir -p "$folder/root"
  printf 'hello\n' >"$folder/root/hello.txt"
  chmod 755 "$servers_folder" "$folder" "$folder/root"
  # Another program may take the port between the choice and the start.
  for attempt in 1 2 3; do
    port=$(free_port)
    cat >"$folder/nginx.conf" <<EOF
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server {
    listen 127.0.0.1:$port;
    root $folder/root;
    location /postgresql/ { alias /usr/share/doc/postgresql-doc-15/html/; }
  }
}
EOF
    "$nginx" -c "$folder/nginx.conf" -p "$folder" -e "$folder/error.log" </dev/null >/dev/null 2>&1 &
    server_pids+=($!)
    if curl --silent --fail --output /dev/null --retry 50 --retry-delay 0 --retry-all-errors --retry-max-time 10 \
      --noproxy '*' "http://127.0.0.1:$port/hello.txt" && kill -0 "${server_pids[-1]}" 2>/dev/null; then
      export ACTORS_TEST_NGINX_URL=http://127.0.0.1:$port
      export ACTORS_TEST_NGINX_ROOT=$folder/root
      return
    fi
    kill -TERM "${server_pids[-1]}" 2>/dev/null || true
  done
  die "nginx did not start after $attempt attempts: $(tail -n 1 "$folder/error.log")"
}
