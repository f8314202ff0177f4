<?php

/** Answers one call: $request->text(), ->json(), ->header(NAME), ->query, ->path, ->method. */
return function (Request $request): mixed {
    $name = trim($request->text()) ?: 'world';
    return "Hello, $name!\n";
};
