package entry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import function.Handler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Serves the handler over HTTP to the watchdog, which is PID 1 and listens on port 8080. */
public final class Main {
  private static final int DRAIN_SECONDS = 10;
  private static final AtomicInteger CALLS = new AtomicInteger();

  public static void main(String[] args) throws IOException {
    // The time limits are the watchdog's, and it keeps its connections.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.idleInterval", "3600");
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 3000), 128);
    Handler handler = new Handler();
    server.createContext("/", exchange -> answer(handler, exchange));
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
    // On SIGTERM. Some versions wait the whole time even where there is nothing to wait for.
    Thread end = new Thread(() -> server.stop(CALLS.get() == 0 ? 0 : DRAIN_SECONDS));
    Runtime.getRuntime().addShutdownHook(end);
  }

  private static void answer(Handler handler, HttpExchange exchange) {
    CALLS.incrementAndGet();
    try (exchange) {
      handler.handle(exchange);
    } catch (Exception | Error failure) {
      failure.printStackTrace();
      refuse(exchange);
    } finally {
      CALLS.decrementAndGet();
    }
  }

  private static void refuse(HttpExchange exchange) {
    // Once the head has left, a broken connection is the only way to say that the answer is not whole.
    if (exchange.getResponseCode() != -1) return;
    try {
      byte[] text = "the function failed, see its logs\n".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(500, text.length);
      exchange.getResponseBody().write(text);
    } catch (IOException gone) {
      // Whoever called has left.
    }
  }
}
