module Handler
  # Answers one call: status, headers, and the parts of the body, each of which leaves as it comes.
  def self.call(env)
    name = env['rack.input'].read.strip
    [200, { 'content-type' => 'text/plain' }, ["Hello, #{name.empty? ? 'world' : name}!\n"]]
  end
end
