#!/usr/bin/env bash
# Makes the pictures of the README: bash assets/make_pictures.sh [the visualnet command]
set -euo pipefail
cd "$(dirname "$0")"
visualnet=${1:-visualnet}
for theme in dark light; do
  "$visualnet" open mnist --screenshot "mnist-$theme.png" --after-steps 3000 --theme "$theme" --size 1440x900
  "$visualnet" open xor --screenshot "xor-$theme.png" --after-steps 60 --theme "$theme" --size 1280x720
done
