#!/bin/sh
# Calls, messages, words and times for fuzz_agents to mutate: agents_seeds.sh FOLDER
set -eu
folder=${1:?usage: agents_seeds.sh FOLDER}
mkdir -p "$folder"
printf '0{"jsonrpc":"2.0","id":"a","method":"SendMessage","params":{"message":{}}}' >"$folder/call"
printf '1{"messageId":"m","role":"ROLE_USER","contextId":"c","parts":[{"text":"check https://a/b.mp4"},{"raw":"AAEC","filename":"a.mp4","mediaType":"video/mp4"},{"data":{"skill":"validate","uri":"u","options":{"fps":2}}},{"url":"https://a/b"}],"metadata":{},"extensions":["e"],"referenceTaskIds":["t"]}' >"$folder/message"
printf '2{"message":{"kind":"message","messageId":"m","role":"user","parts":[{"kind":"text","text":"repair gs://b/o"},{"kind":"file","file":{"bytes":"AAEC","name":"n","mimeType":"video/mp4"}},{"kind":"data","data":{"skill":"generate","prompt":"p"}}]},"configuration":{"blocking":false,"pushNotificationConfig":{"url":"u","authentication":{"schemes":["Bearer"]}}}}' >"$folder/legacy"
printf '3Please make a moody 6-second clip that shows "a boat", as in (https://a/b). Prompt: x' >"$folder/words"
printf '42026-07-28T12:00:00.123+02:00' >"$folder/time"
