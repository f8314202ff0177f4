package function;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

public class Handler implements HttpHandler {
  /** Answers one call. */
  @Override
  public void handle(HttpExchange call) throws IOException {
    String input = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    byte[] answer = greet(input.strip()).getBytes(StandardCharsets.UTF_8);
    call.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
    call.sendResponseHeaders(200, answer.length);
    call.getResponseBody().write(answer);
  }

  static String greet(String name) {
    return "Hello, " + (name.isEmpty() ? "world" : name) + "!\n";
  }
}
