import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.TrackMessage;
import java.util.Map;
import java.util.concurrent.Phaser;

/** Segment's Java SDK: only its endpoint and its write key are set. */
class SegmentClient {
  private static final Map<String, ?> ENGAGE =
      Map.of("personas", Map.of(
          "computation_class", "audience", "computation_id", "aud-beta", "computation_key", "beta_users"));

  /** Waits for every message, since shutdown waits for a second only, and the next attempt is 15 s away. */
  private static final class Delivered extends Phaser implements Callback {
    Delivered() {
      super(1);
    }

    @Override
    public void success(Message message) {
      arriveAndDeregister();
    }

    @Override
    public void failure(Message message, Throwable cause) {
      System.err.println("The SDK gave up: " + cause);
      System.exit(1);
    }
  }

  public static void main(String[] args) {
    Delivered delivered = new Delivered();
    Analytics analytics = Analytics.builder(args[1]).endpoint(args[0]).callback(delivered).build();
    send(analytics, delivered,
        membership("u-1", true),
        membership("u-2", true),
        TrackMessage.builder("Audience Entered").userId("u-3").context(ENGAGE).properties(Map.of("beta_users", true)));
    send(analytics, delivered,
        membership("u-1", false),
        TrackMessage.builder("Order Completed").userId("u-2").properties(Map.of("revenue", 12.5, "plan", "beta")),
        TrackMessage.builder("Order Completed").userId("u-3").properties(Map.of("value", 7)));
    analytics.shutdown();
    System.exit(0);
  }

  private static IdentifyMessage.Builder membership(String user, boolean isMember) {
    return IdentifyMessage.builder().userId(user).context(ENGAGE).traits(Map.of("beta_users", isMember));
  }

  private static void send(Analytics analytics, Delivered delivered, MessageBuilder<?, ?>... messages) {
    for (MessageBuilder<?, ?> message : messages) {
      delivered.register();
      analytics.enqueue(message);
    }
    analytics.flush();
    delivered.arriveAndAwaitAdvance();
  }
}
