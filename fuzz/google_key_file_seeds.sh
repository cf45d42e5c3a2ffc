#!/usr/bin/env bash
# google_key_file_seeds.sh FOLDER: one file of each type.
set -euo pipefail
mkdir -p "$1"
cd "$1"
echo '{"type": "service_account", "project_id": "p", "private_key_id": "k", "private_key": "hush", "client_email": "a@b", "token_uri": "https://oauth2.googleapis.com/token"}' >service
echo '{"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r", "quota_project_id": "p"}' >user
echo '{"type": "external_account", "audience": "a", "subject_token_type": "t", "token_url": "https://sts.googleapis.com/v1/token", "credential_source": {"url": "http://127.0.0.1/", "headers": {"X": "y"}, "format": {"type": "json", "subject_token_field_name": "t"}}, "service_account_impersonation_url": "https://iam.example/x", "service_account_impersonation": {"token_lifetime_seconds": 600}}' >external
echo '{"type": "external_account", "audience": "a", "subject_token_type": "t", "credential_source": {"executable": {"command": "x y", "timeout_millis": 5000, "output_file": "z"}}}' >executable
