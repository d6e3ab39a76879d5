#!/bin/sh
# A database of its own for each service, owned by a user who may do nothing elsewhere.
set -eu
make_database() {
    psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres --set name="$1" --set password="$2" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
}
make_database player "$PLAYER_PASSWORD"
make_database navigation "$NAVIGATION_PASSWORD"
