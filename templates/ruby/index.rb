# Runs the handler for one call: the watchdog starts this for each.

require 'json'

gemfile = File.join(__dir__, 'function/Gemfile')
if File.exist?(gemfile) && File.foreach(gemfile).any?(/^\s*gem\s/)
  ENV['BUNDLE_GEMFILE'] = gemfile
  require 'bundler/setup'
end
require_relative 'function/handler'

# The call as an environment of Rack has it.
def environment
  env = {
    'REQUEST_METHOD' => ENV.fetch('Http_Method', 'POST'),
    'SCRIPT_NAME' => '',
    'PATH_INFO' => ENV.fetch('Http_Path', '/'),
    'QUERY_STRING' => ENV.fetch('Http_Query', ''),
    'SERVER_PROTOCOL' => 'HTTP/1.1',
    'CONTENT_LENGTH' => ENV['Http_Content_Length'],
    'CONTENT_TYPE' => ENV['Http_Content_Type'],
    'rack.url_scheme' => 'http',
    'rack.input' => $stdin.binmode,
    'rack.errors' => $stderr
  }.compact
  ENV.each { |name, value| env[name.upcase] = value if name.start_with?('Http_') }
  env
end

# Only the answer belongs to the output; what the handler prints goes to the log.
output = $stdout.dup.binmode
output.sync = true
$stdout.reopen($stderr)

status, headers, body = Handler.call(environment)
headers = { 'content-type' => 'text/plain; charset=utf-8' }.merge(headers.transform_keys(&:downcase))
head = { status: Integer(status), headers: headers.transform_values { |value| value.is_a?(Array) ? value : value.to_s } }
IO.open(Integer(ENV.fetch('FWATCHDOG_CTRL_FD')), 'w') { |control| control.puts(JSON.generate(head)) }
body.each { |part| output.write(part) }
body.close if body.respond_to?(:close)
