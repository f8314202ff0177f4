package function;

/** Run with assertions on, by each build. */
public class HandlerTest {
  public static void main(String[] args) {
    assert Handler.class.getDeclaredConstructors().length > 0 : "the handler can be made";
    new Handler();
  }
}
