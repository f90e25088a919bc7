#!/bin/sh
# Makes every secret of this folder's compose file, once: passwords from the system's random numbers, an
# authority of this installation alone, a certificate for each service. Nothing that is there is replaced.
#   ./secrets.sh [FOLDER]       needs openssl and mosquitto_passwd
set -eu
umask 077
cd "$(dirname "$0")"
folder=${1:-secrets}
if [ -e "$folder" ]; then
    echo "$folder is there already; put it aside to make everything anew" >&2
    exit 1
fi
command -v mosquitto_passwd >/dev/null || { echo "mosquitto_passwd is missing (package mosquitto)" >&2; exit 1; }
mkdir -p "$folder/authority"
cd "$folder"

password() { openssl rand -base64 24 | tr -d '\n'; }

admin=$(password)
printf '%s\n' "$admin" >kurrentdb.password
printf 'KURRENTDB_DEFAULT_ADMIN_PASSWORD=%s\nKURRENTDB_DEFAULT_OPS_PASSWORD=%s\n' "$admin" "$(password)" >kurrentdb.env

: >mosquitto.passwd
for user in gateway portal-1; do
    password >"mosquitto.$user.password"
    mosquitto_passwd -b mosquitto.passwd "$user" "$(cat "mosquitto.$user.password")"
done

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
key authority.key
openssl req -x509 -new -key authority.key -days 3650 -subj "/CN=Muster authority of this installation" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -out authority/authority.pem
# One certificate a service, under the name by which the others call it.
for name in kurrentdb mosquitto muster; do
    key "$name.key"
    openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
    printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n' \
        "$name" >"$name.ext"
    openssl x509 -req -in "$name.csr" -CA authority/authority.pem -CAkey authority.key -CAcreateserial -days 825 \
        -extfile "$name.ext" -out "$name.pem" 2>/dev/null
    rm "$name.csr" "$name.ext"
done
rm -f authority/authority.srl
# Containers read these as users of their own; the folder itself stays closed to everyone but its owner.
chmod 644 ./*.pem ./*.key authority/authority.pem kurrentdb.password mosquitto.passwd
chmod 755 authority
chmod 600 authority.key
echo "made in $folder: keep authority.key away from here once everything runs"
