// WebSocket 연결 설정
class ClaudeWebSocket {
    constructor(options = {}) {
        this.url = options.url || 'wss://localhost:8080/ws';
        this.reconnectAttempts = 0;
        this.maxReconnectAttempts = 5;
        this.reconnectInterval = 1000;
        this.handlers = new Map();
    }
    
    connect() {
        return new Promise((resolve, reject) => {
            this.ws = new WebSocket(this.url);
            
            this.ws.onopen = (event) => {
                console.log('WebSocket connected');
                this.reconnectAttempts = 0;
                resolve(event);
            };
            
            this.ws.onmessage = (event) => {
                this.handleMessage(JSON.parse(event.data));
            };
            
            this.ws.onclose = (event) => {
                this.handleDisconnect(event);
            };
            
            this.ws.onerror = (error) => {
                console.error('WebSocket error:', error);
                reject(error);
            };
        });
    }
    
    // 메시지 전송
    send(type, data) {
        if (this.ws && this.ws.readyState === WebSocket.OPEN) {
            const message = {
                type: type,
                data: data,
                timestamp: Date.now(),
                id: this.generateMessageId()
            };
            
            this.ws.send(JSON.stringify(message));
        } else {
            throw new Error('WebSocket is not connected');
        }
    }
    
    // Claude에게 메시지 전송
    sendToClaude(message, sessionId = null) {
        this.send('claude_message', {
            session_id: sessionId,
            content: message,
            stream: true  // 스트리밍 응답 요청
        });
    }
    
    // 파일 업로드
    uploadFile(file, sessionId = null) {
        return new Promise((resolve, reject) => {
            const reader = new FileReader();
            
            reader.onload = (e) => {
                this.send('file_upload', {
                    session_id: sessionId,
                    filename: file.name,
                    content_type: file.type,
                    size: file.size,
                    data: e.target.result.split(',')[1]  // base64 데이터
                });
            };
            
            reader.onerror = reject;
            reader.readAsDataURL(file);
        });
    }
    
    // 이벤트 핸들러 등록
    on(eventType, handler) {
        if (!this.handlers.has(eventType)) {
            this.handlers.set(eventType, []);
        }
        this.handlers.get(eventType).push(handler);
    }
    
    // 메시지 처리
    handleMessage(message) {
        const handlers = this.handlers.get(message.type) || [];
        handlers.forEach(handler => handler(message.data));
    }
    
    // 자동 재연결
    handleDisconnect(event) {
        if (this.reconnectAttempts < this.maxReconnectAttempts) {
            setTimeout(() => {
                this.reconnectAttempts++;
                console.log(`Reconnecting... (${this.reconnectAttempts}/${this.maxReconnectAttempts})`);
                this.connect();
            }, this.reconnectInterval * Math.pow(2, this.reconnectAttempts));
        }
    }
    
    generateMessageId() {
        return Date.now() + '-' + Math.random().toString(36).substr(2, 9);
    }
}
