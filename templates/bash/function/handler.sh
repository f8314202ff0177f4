# Answers one call: the body is the input, the output is the answer.
handle() {
  local name
  name=$(cat)
  echo "Hello, ${name:-world}!"
}
