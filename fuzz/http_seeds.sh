#!/bin/sh
# A body in parts, ranges, a form and a header, for fuzz_http to mutate: http_seeds.sh FOLDER
set -eu
folder=${1:?usage: http_seeds.sh FOLDER}
mkdir -p "$folder"
printf '0multipart/form-data; boundary="b c"\n--b c\r\nContent-Disposition: form-data; name="prompt"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nbytes\r\n--b c\r\nX: y\r\n\r\n\r\n--b c--\r\n' >"$folder/parts"
printf '1bytes=10-99' >"$folder/range"
printf '1bytes=-99' >"$folder/suffix"
printf '1bytes 0-262143/*' >"$folder/content_range"
printf '1bytes */700000' >"$folder/question"
printf '2alt=media&name=a%%2Fb+c&flag&=&x=%%zz' >"$folder/form"
printf '3multipart/related; charset=x; boundary="a\\"b"' >"$folder/header"
