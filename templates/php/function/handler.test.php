<?php

require __DIR__ . '/../index.php';

$handle = require __DIR__ . '/handler.php';
assert($handle(new Request('reader')) !== null, 'a call is answered');
