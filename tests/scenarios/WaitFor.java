/** What people write in Java: it waits for the child before it reads what that says. */
public class WaitFor {
	public static void main(String[] arguments) throws Exception {
		new ProcessBuilder("./log", "6000").start().waitFor();
	}
}
