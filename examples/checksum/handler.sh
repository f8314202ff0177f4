# Answers with the checksum of the body: SHA-256, or what `?algorithm=` names.
handle() {
  local algorithm=${query#algorithm=}
  case ${algorithm:-sha256} in
    md5 | sha1 | sha256 | sha512) "${algorithm:-sha256}sum" | cut -d ' ' -f 1 ;;
    *)
      answer 400 'Content-Type: text/plain'
      echo 'algorithm is md5, sha1, sha256 or sha512'
      ;;
  esac
}
