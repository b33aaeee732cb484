import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.nifi.processor.ProcessSession;
import org.apache.nifi.processor.ProcessSessionFactory;
import org.apache.nifi.processor.exception.ProcessException;
import org.apache.nifi.processors.standard.ListenHTTP;
import org.apache.nifi.util.MockFlowFile;
import org.apache.nifi.util.MockProcessSession;
import org.apache.nifi.util.TestRunner;
import org.apache.nifi.util.TestRunners;
import org.json.simple.JSONObject;

/**
 * Apache NiFi's own ListenHTTP with its own Jetty, without the rest of NiFi around it.
 * Arguments: port. Writes JSON lines: {"port"}, then one line for each FlowFile before the sender has its answer:
 * {"attributes", "content"}, the content in base64. Reads lines: "full" and "free" close and open the way to the next
 * processor, "fail" and "mend" let commits fail and work. Ends with its input.
 */
public final class NifiReceiver {
    // NiFi logs to where it likes; what the test reads stands alone.
    private static final PrintStream OUT = System.out;
    private static volatile boolean fails = false;

    public static void main(String[] arguments) throws Exception {
        System.setOut(System.err);
        ListenHTTP processor = new ListenHTTP();
        TestRunner runner = TestRunners.newTestRunner(processor);
        runner.setProperty(ListenHTTP.PORT, arguments[0]);
        runner.setProperty(ListenHTTP.BASE_PATH, "contentListener");
        runner.setProperty(ListenHTTP.HEADERS_AS_ATTRIBUTES_REGEX, "stethos-.*");
        runner.assertValid();
        ProcessSessionFactory factory = runner.getProcessSessionFactory();
        // As NiFi schedules it: the first trigger starts the server.
        processor.clearInit();
        processor.onTrigger(runner.getProcessContext(), (ProcessSessionFactory) () -> session(factory));
        say(Map.of("port", Integer.parseInt(arguments[0])));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            if (line.equals("full")) runner.setRelationshipUnavailable(ListenHTTP.RELATIONSHIP_SUCCESS);
            if (line.equals("free")) runner.setRelationshipAvailable(ListenHTTP.RELATIONSHIP_SUCCESS);
            if (line.equals("fail")) fails = true;
            if (line.equals("mend")) fails = false;
            say(Map.of("done", line));
        }
        processor.shutdownHttpServer();
        System.exit(0);
    }

    /** A session that tells of its FlowFiles when it is committed. */
    private static synchronized ProcessSession session(ProcessSessionFactory factory) {
        MockProcessSession real = (MockProcessSession) factory.createSession();
        return (ProcessSession) Proxy.newProxyInstance(
            NifiReceiver.class.getClassLoader(),
            new Class<?>[] {ProcessSession.class},
            (proxy, method, values) -> {
                if (method.getName().equals("commitAsync")) {
                    commit(real, values == null ? new Object[0] : values);
                    return null;
                }
                try {
                    return method.invoke(real, values);
                } catch (InvocationTargetException thrown) {
                    throw thrown.getCause();
                }
            });
    }

    /** What is called afterwards: what is to be done, and what where it failed; both may be left out. */
    @SuppressWarnings("unchecked")
    private static void commit(MockProcessSession session, Object[] after) {
        Consumer<Throwable> onFailure = after.length > 1 ? (Consumer<Throwable>) after[1] : thrown -> { };
        if (fails) {
            session.rollback();
            // As StandardProcessSession.commitAsync: it tells, and throws all the same.
            ProcessException failure = new ProcessException("No space left on device");
            onFailure.accept(failure);
            throw failure;
        }
        session.commitAsync(() -> { }, onFailure);
        for (MockFlowFile file : session.getFlowFilesForRelationship(ListenHTTP.RELATIONSHIP_SUCCESS)) {
            String content = Base64.getEncoder().encodeToString(file.toByteArray());
            say(Map.of("attributes", file.getAttributes(), "content", content));
        }
        if (after.length > 0) ((Runnable) after[0]).run();
    }

    private static synchronized void say(Map<String, ?> line) {
        OUT.println(JSONObject.toJSONString(line));
        OUT.flush();
    }
}
