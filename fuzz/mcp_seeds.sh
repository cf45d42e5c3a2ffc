#!/bin/sh
# Calls of both eras for fuzz_mcp to mutate: mcp_seeds.sh FOLDER
set -eu
folder=${1:?usage: mcp_seeds.sh FOLDER}
mkdir -p "$folder"
meta='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":1,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01"}'
printf '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}' >"$folder/initialize"
printf '{"jsonrpc":"2.0","id":2,"method":"server/discover","params":{%s}}' "$meta" >"$folder/discover"
printf '{"jsonrpc":"2.0","id":"3","method":"tools/list","params":{%s}}' "$meta" >"$folder/list"
printf '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"validate_video","arguments":{"uri":"u","fps":1,"full":true},%s}}' "$meta" >"$folder/validate"
printf '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"submit_video_job","arguments":{"skill":"generate","prompt":"p","options":{"seconds":6},"idempotency_key":"k"}}}' >"$folder/submit"
printf '{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"get_video_job","arguments":{"job_id":"j","full":false}}}' >"$folder/get"
