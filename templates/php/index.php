<?php

// Runs the handler for one call: the watchdog starts this for each.

declare(strict_types=1);

final class Request
{
    public readonly string $method;
    public readonly string $path;
    /** @var array<string, mixed> */
    public readonly array $query;

    public function __construct(private string|null $given = null)
    {
        $this->method = getenv('Http_Method') ?: 'POST';
        $this->path = getenv('Http_Path') ?: '/';
        parse_str(getenv('Http_Query') ?: '', $query);
        $this->query = $query;
    }

    /** The whole body. What does not fit into memory is read from STDIN. */
    public function text(): string
    {
        return $this->given ??= (string) stream_get_contents(STDIN);
    }

    public function json(): mixed
    {
        return json_decode($this->text(), true, flags: JSON_THROW_ON_ERROR);
    }

    public function header(string $name): ?string
    {
        $value = getenv('Http_' . str_replace('-', '_', ucwords(strtolower($name), '-')));
        return $value === false ? null : $value;
    }
}

final class Response
{
    /** @param array<string, string|list<string>> $headers */
    public function __construct(
        public readonly mixed $body = '',
        public readonly int $status = 200,
        public readonly array $headers = [],
    ) {
    }
}

/** A text as it is, the parts of a generator as they come, anything else as JSON. */
function send(mixed $answer): void
{
    $answer = $answer instanceof Response ? $answer : new Response($answer);
    $isText = is_string($answer->body) || $answer->body instanceof Generator || $answer->body === null;
    $kind = $isText ? 'text/plain; charset=utf-8' : 'application/json';
    $names = array_map('strtolower', array_keys($answer->headers));
    $headers = in_array('content-type', $names, true) ? [] : ['Content-Type' => $kind];
    $head = ['status' => $answer->status, 'headers' => (object) [...$headers, ...$answer->headers]];
    $control = fopen('php://fd/' . getenv('FWATCHDOG_CTRL_FD'), 'w');
    fwrite($control, json_encode($head, JSON_THROW_ON_ERROR) . "\n");
    fclose($control);

    $parts = $answer->body instanceof Generator ? $answer->body : [$isText ? $answer->body : json_encode($answer->body)];
    foreach ($parts as $part) {
        fwrite(STDOUT, (string) $part);
    }
}

// Only the answer belongs to the output; notes and errors go to the log.
ini_set('display_errors', 'stderr');
ob_start(static function (string $printed): string {
    fwrite(STDERR, $printed);
    return '';
}, 1);

if (is_file(__DIR__ . '/function/vendor/autoload.php')) {
    require __DIR__ . '/function/vendor/autoload.php';
}
if (getenv('FWATCHDOG_CTRL_FD') !== false) {
    $handle = require __DIR__ . '/function/handler.php';
    send($handle(new Request()));
}
