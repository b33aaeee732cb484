import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.nifi.components.PropertyDescriptor;
import org.apache.nifi.processor.Processor;
import org.apache.nifi.processor.Relationship;
import org.apache.nifi.util.TestRunners;
import org.json.simple.JSONObject;

/** Tells what the processors that are named as arguments call their properties and relationships, one JSON line each. */
public final class FlowNames {
    public static void main(String[] types) throws Exception {
        for (String type : types) {
            Processor processor = (Processor) Class.forName(type).getDeclaredConstructor().newInstance();
            TestRunners.newTestRunner(processor);
            List<String> properties = processor.getPropertyDescriptors().stream()
                .map(PropertyDescriptor::getName).collect(Collectors.toList());
            List<String> relationships = processor.getRelationships().stream()
                .map(Relationship::getName).collect(Collectors.toList());
            System.out.println(JSONObject.toJSONString(
                Map.of("type", type, "properties", properties, "relationships", relationships)));
        }
        System.exit(0);
    }
}
