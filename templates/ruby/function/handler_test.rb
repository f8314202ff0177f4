require 'stringio'
require_relative 'handler'

status, = Handler.call('REQUEST_METHOD' => 'POST', 'PATH_INFO' => '/', 'rack.input' => StringIO.new('reader'))
raise "status #{status}" unless Integer(status) < 500
